"""Greenlight: wakes you when a government newly eases a limit on weapons or permits strikes."""
