#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# numa_init.sh - the first program of a guest: run the tests, and turn it off.
/bin/busybox --install -s /bin
export PATH=/bin LD_LIBRARY_PATH=/lib DSI_RUNTIME_DIR=/run/dsi
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /run/dsi
# Pages stay where they were put.
echo 0 >/proc/sys/kernel/numa_balancing
# What the kernel's command line has for us: NAME=VALUE of no module.
for word in $(cat /proc/cmdline); do
	case $word in
	numa_*=*) export "${word?}" ;;
	esac
done
numa_guest dsi ${numa_only:-}
echo "# uptime $(cut -d' ' -f1 /proc/uptime)"
poweroff -f
