"""Telegram's commands and buttons: parse the arguments, call one service, reply.

``commands`` holds the one table of commands; ``frame`` runs a command or a button from the update
to the reply; ``reply`` is the only way out to a chat.
"""
