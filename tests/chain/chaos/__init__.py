"""What the chaos test is made of: documents, a whole system as its users run it, faults, and a judge outside of it."""
