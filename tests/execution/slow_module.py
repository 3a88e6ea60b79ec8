"""Takes its time to load."""

import time

time.sleep(8)
