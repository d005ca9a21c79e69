"""`entrega bench`: what a document costs, and where.

A fresh data folder, the embedded services, a worker as a process of its own, one export dropped at the door; measured
from the drop until every document is captured. Machines differ and are busy with other things, so CPU is the figure to
trust, and next to it stands a reference: the same handles called in a plain loop in one process.
"""
