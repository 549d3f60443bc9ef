#!/usr/bin/env python3
"""Stops a file system as a power cut does: power_cut.py MOUNT FLAG

FLAG 1 writes the journal first, 2 does not. The ioctl is that of ext4 and xfs.
"""

import fcntl
import os
import struct
import sys

SHUTDOWN = 0x8004587D

directory = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(directory, SHUTDOWN, struct.pack("I", int(sys.argv[2])))
