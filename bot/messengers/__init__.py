"""How a message leaves: one module for each messenger (``ports.Messenger``)."""
