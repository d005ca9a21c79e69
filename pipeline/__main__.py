"""`python -m pipeline` is `entrega`: how the keeper starts its children, whatever the PATH."""

from pipeline.cli import main

main()
