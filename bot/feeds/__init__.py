"""Feeds: asking for them, reading them, finding them, and keeping out of private networks."""
