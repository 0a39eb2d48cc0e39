"""``python -m posa`` is the command ``posa``."""

from ._cli import main

raise SystemExit(main())
