// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/dma-heap.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/kvm.h>
#include <linux/mmapdemo.h>
#include <linux/perf_event.h>
#include <linux/udmabuf.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handed.h"
#include "support/pass.h"
#include "support/patience.h"
#include "support/row.h"

#define MADE_SIZE (256 << 10)
/* So many seconds a command has to send a descriptor. */
#define HAND_OVER_PATIENCE 10

/* Returns the result of a system call or ioctl, or ends the program if it failed. */
static int made(const char *what, int fd)
{
	if (fd < 0)
		err(2, "the target cannot be made: %s fails", what);
	return fd;
}

/* A node that a driver makes. */
static int opened(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	err(2, "the target cannot be made: %s cannot be opened (%s)", path,
	    errno == EACCES || errno == EPERM ? "run as root, or give yourself the right to"
					      : "load the module that makes it");
}

#ifndef SYS_memfd_secret /* an architecture without it, such as ppc64el */
#define SYS_memfd_secret -1
#endif

static int make_secret(const char *name)
{
	int fd;

	(void)name;
	fd = made("memfd_secret() (is secretmem.enable=1 on the kernel's command line?)",
		  syscall(SYS_memfd_secret, O_CLOEXEC));
	made("ftruncate()", ftruncate(fd, MADE_SIZE));
	return fd;
}

static int make_udmabuf(const char *name)
{
	int device = opened("/dev/udmabuf");
	struct udmabuf_create create = {.flags = UDMABUF_FLAGS_CLOEXEC, .size = MADE_SIZE};

	(void)name;
	create.memfd =
		made("memfd_create()", memfd_create("udmabuf", MFD_ALLOW_SEALING | MFD_CLOEXEC));
	made("ftruncate()", ftruncate(create.memfd, MADE_SIZE));
	made("F_SEAL_SHRINK", fcntl(create.memfd, F_ADD_SEALS, F_SEAL_SHRINK));
	return made("UDMABUF_CREATE", ioctl(device, UDMABUF_CREATE, &create));
}

static int make_of_heap(const char *name)
{
	struct dma_heap_allocation_data data = {.len = MADE_SIZE, .fd_flags = O_RDWR | O_CLOEXEC};
	char path[96];
	int heap;

	snprintf(path, sizeof(path), "/dev/dma_heap/%s", name);
	heap = opened(path);
	made("DMA_HEAP_IOCTL_ALLOC", ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data));
	return (int)data.fd;
}

static int make_perf(const char *name)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_CPU_CLOCK,
				       .exclude_kernel = 1,
				       .disabled = 1};

	(void)name;
	return made("perf_event_open()",
		    syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

static int make_bpf(const char *name)
{
	union bpf_attr attr;

	(void)name;
	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = MADE_SIZE / 8;
	attr.map_flags = BPF_F_MMAPABLE;
	return made("bpf(BPF_MAP_CREATE)", syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int make_uring(const char *name)
{
	struct io_uring_params params = {};

	(void)name;
	return made("io_uring_setup()", syscall(SYS_io_uring_setup, 128, &params));
}

static int make_packet(const char *name)
{
	struct tpacket_req request = {.tp_block_size = 1 << 16,
				      .tp_block_nr = MADE_SIZE >> 16,
				      .tp_frame_size = 2048,
				      .tp_frame_nr = MADE_SIZE / 2048};
	int fd = made("socket(AF_PACKET)", socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));

	(void)name;
	made("PACKET_RX_RING",
	     setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)));
	return fd;
}

#ifndef KVM_CREATE_GUEST_MEMFD
struct kvm_create_guest_memfd {
	__u64 size, flags, reserved[6];
};
#define KVM_CREATE_GUEST_MEMFD _IOWR(KVMIO, 0xd4, struct kvm_create_guest_memfd)
#endif
#ifndef GUEST_MEMFD_FLAG_MMAP
#define GUEST_MEMFD_FLAG_MMAP	     (1ULL << 0)
#define GUEST_MEMFD_FLAG_INIT_SHARED (1ULL << 1)
#endif

static int make_guestmem(const char *name)
{
	int kvm = opened("/dev/kvm");
	struct kvm_create_guest_memfd create = {
		.size = MADE_SIZE, .flags = GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED};
	int vm = made("KVM_CREATE_VM", ioctl(kvm, KVM_CREATE_VM, 0)), fd;

	(void)name;
	fd = made("KVM_CREATE_GUEST_MEMFD with GUEST_MEMFD_FLAG_MMAP (Linux 6.18 has it)",
		  ioctl(vm, KVM_CREATE_GUEST_MEMFD, &create));
	/* It has no flag for that. */
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static int make_dmabuf(const char *name)
{
	int device = opened("/dev/mmapdemo");
	struct mmapdemo_create create = {.size = sizeof(create), .bytes = MADE_SIZE};
	struct mmapdemo_export export = {.size = sizeof(export), .length = MADE_SIZE};
	int buffer;

	(void)name;
	/* Other programs' data may be in the device itself. */
	buffer = made("MMAPDEMO_IOCTL_CREATE (the module's strategy has to be pagecache)",
		      ioctl(device, MMAPDEMO_IOCTL_CREATE, &create));
	return made("MMAPDEMO_IOCTL_EXPORT", ioctl(buffer, MMAPDEMO_IOCTL_EXPORT, &export));
}

static int make_of_number(const char *name)
{
	char *end;
	long fd = strtol(name, &end, 10);

	if (!*name || *end || fd < 0 || fcntl((int)fd, F_GETFD) < 0)
		errx(2,
		     "fd:%s: this descriptor is not open: open it in the shell, as "
		     "8<>/dev/yours for fd:8",
		     name);
	return (int)fd;
}

static const struct handed {
	const char *prefix;
	int (*make)(const char *name);
} handed[] = {
	{"fd:", make_of_number},    {"secret:", make_secret}, {"udmabuf:", make_udmabuf},
	{"dmaheap:", make_of_heap}, {"perf:", make_perf},     {"bpf:", make_bpf},
	{"uring:", make_uring},	    {"packet:", make_packet}, {"guestmem:", make_guestmem},
	{"dmabuf:", make_dmabuf},
};

static const struct handed *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(handed); i++)
		if (!strncmp(name, handed[i].prefix, strlen(handed[i].prefix)))
			return &handed[i];
	return NULL;
}

bool is_handed(const char *name)
{
	return find(name);
}

/* resourceN, or resourceN_wc where it is prefetchable: only these files have .mmap. */
static bool names_bar(const char *name)
{
	const char *file = strstr(name, "/resource");
	const char *number = file ? file + strlen("/resource") : "";

	return *number >= '0' && *number <= '5' && (!number[1] || !strcmp(number + 1, "_wc"));
}

const char *path_of_target(const char *name)
{
	static char path[128];

	if (strncmp(name, "pci:", 4))
		return name;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", name + 4);
	if (!names_bar(name) || strstr(name, "..") || access(path, F_OK))
		errx(2,
		     "%s: there is no such BAR: name the device as lspci -D does, and a resource "
		     "that it has, as pci:0000:00:02.0/resource0",
		     name);
	return path;
}

int handed_descriptor(const char *name)
{
	const struct handed *found = find(name);

	return found->make(name + strlen(found->prefix));
}

void become(char *const *command, int fd)
{
	if (fd == 3)
		fcntl(3, F_SETFD, 0);
	else if (fd >= 0 && dup2(fd, 3) < 0)
		err(127, "dup2");
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(command[0], command);
	err(127, "%s", command[0]);
}

/* Waits for input. Ends the program if the command does not send in time, or has ended. */
static void await(int from, const char *command)
{
	struct pollfd ready = {.fd = from, .events = POLLIN};
	double end = seconds_now() + HAND_OVER_PATIENCE;
	double left = HAND_OVER_PATIENCE;
	int got;
	char byte;

	while ((got = poll(&ready, 1, (int)(left * 1000))) < 0 && errno == EINTR) {
		left = end - seconds_now();
		left = left > 0 ? left : 0;
	}
	if (got <= 0)
		errx(2, "%s: it sends no descriptor over its descriptor 3 within %d s", command,
		     HAND_OVER_PATIENCE);
	if (recv(from, &byte, 1, MSG_PEEK) <= 0)
		errx(2, "%s: it ended, or closed its descriptor 3, before it sent one over it",
		     command);
}

/* The command, and all that it started. */
static void end_command(int signo)
{
	(void)signo;
	kill(0, SIGTERM);
	_exit(0);
}

/*
 * In a child: runs the command in a process group of its own, and ends all of that with the
 * program, however the program ends.
 */
static _Noreturn void supervise(char *const *command, int ends[2], pid_t program)
{
	struct sigaction action = {.sa_handler = end_command};
	pid_t pid;

	setpgid(0, 0);
	sigaction(SIGTERM, &action, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != program)
		_exit(0);
	pid = fork();
	if (!pid)
		become(command, ends[1]);
	/* So that the program hears when the command ends. */
	close(ends[0]);
	close(ends[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	/* Processes that the command leaves behind end with the program, too. */
	for (;;)
		pause();
}

int hand_over(char **command)
{
	pid_t program = getpid(), pid;
	int ends[2], fd;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		err(2, "socketpair");
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (!pid)
		supervise(command, ends, program);
	close(ends[1]);
	await(ends[0], command[0]);
	fd = receive_descriptor(ends[0]);
	if (fd < 0)
		errx(2, "%s: what it sends over its descriptor 3 is not one descriptor",
		     command[0]);
	/* The socket stays open: the command may wait for its end, which is the program's. */
	return fd;
}
