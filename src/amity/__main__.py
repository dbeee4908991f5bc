"""`python -m amity` is the same as `amity`."""

from amity.web.cli import main

main()
