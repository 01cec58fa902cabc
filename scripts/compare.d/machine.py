"""Prints what the machine is, and how long a 4 KiB write with fdatasync takes. machine.py DIRECTORY: on its disk."""
import os
import platform
import statistics
import subprocess
import sys
import time


def cpu():
    with open("/proc/cpuinfo", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def write_us(directory):
    path = os.path.join(directory, "probe")
    handle = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    block = os.urandom(4096)
    times = []
    for place in range(500):
        begun = time.monotonic()
        os.pwrite(handle, block, place * 4096)
        os.fdatasync(handle)
        times.append((time.monotonic() - begun) * 1e6)
    os.close(handle)
    os.unlink(path)
    return times


directory = sys.argv[1]
times = sorted(write_us(directory))
system = subprocess.run(["stat", "-f", "-c", "%T", directory], capture_output=True, text=True, check=True)
print(f"{os.cpu_count()} cores, {cpu()}, Linux {platform.release()}, {system.stdout.strip()}")
print(f"4 KiB written and fdatasync: {statistics.median(times):.0f} us in the median of 500, "
      f"{times[5]:.0f} to {times[-6]:.0f} without the 1% at each end")
