"""Runs a command and tells its time and its largest memory, from a process that is small itself.

    python measured.py REPORT COMMAND...

Linux counts into a process's largest memory what its parent held when it started it, so that a
large parent would hide every smaller child. ``REPORT`` is the number of an open file.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the command of the command line to its end."""
    report, *command = sys.argv[1:]
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    wall_s = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    with open(int(report), "w", encoding="ascii") as file:  # noqa: PTH123 - a number, no path
        json.dump({"wall_s": wall_s, "exit_code": code, "maxrss": usage.ru_maxrss}, file)


if __name__ == "__main__":
    main()
