"""The pure core: values in, values out.

Nothing in here knows a clock, a file, a network, SQL or Telegram; time is an argument.
It may import the standard library and rapidfuzz, and nothing of ours outside itself.
"""
