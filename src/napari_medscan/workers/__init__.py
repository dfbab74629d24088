"""Running a function on untrusted bytes in another process.

No decoder and no general parser is safe from a damaged or hostile file, so none
runs inside napari: a :class:`WorkerPool` hands the bytes to worker processes,
which may crash or hang without harm.
"""

from napari_medscan.workers.messages import CORRUPT, TIMED_OUT
from napari_medscan.workers.pool import WorkerError, WorkerPool

__all__ = ["CORRUPT", "TIMED_OUT", "WorkerError", "WorkerPool"]
