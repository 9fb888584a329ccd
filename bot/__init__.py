"""Greenlight: wakes you when a government newly eases a restriction on weapons or permits strikes."""
