"""The use cases. Each owns its transactions and is handed what it needs of the outside world."""
