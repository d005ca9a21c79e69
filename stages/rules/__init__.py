"""Rules: which rule sets a document is held against, and the engines that hold it."""
