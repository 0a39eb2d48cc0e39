"""Loads what its arguments name, ``module`` or ``module:attribute``, and tells how long that took and how much memory
the process needed, as one line of JSON.
"""

import sys
import time

start = time.perf_counter()
for name in sys.argv[1:]:
    module, _, attribute = name.partition(":")
    __import__(module)
    if attribute:
        getattr(sys.modules[module], attribute)
load_ms = (time.perf_counter() - start) * 1e3

with open("/proc/self/status") as status:
    peak_rss_kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
print(f'{{"load_ms": {load_ms}, "peak_rss_kib": {peak_rss_kib}}}')
