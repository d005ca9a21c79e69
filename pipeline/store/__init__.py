"""The truth: all SQL of the application stands in this folder."""
