"""Does what a fork server cannot bear."""

import threading
import time

threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
