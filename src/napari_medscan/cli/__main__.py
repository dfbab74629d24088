"""``python -m napari_medscan.cli``."""

import sys

from napari_medscan.cli import main

# Processes that export import this module, too.
if __name__ == "__main__":
    sys.exit(main())
