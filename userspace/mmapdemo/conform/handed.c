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
#include <unistd.h>

#include "handed.h"
#include "support/pass.h"
#include "support/row.h"

#define MADE_SIZE (256 << 10)
/* So many seconds a command has to send a descriptor. */
#define HAND_OVER_PATIENCE 10

/* A system call or ioctl that makes what was asked for, or else ends the program. */
static int made(const char *what, int fd)
{
	if (fd < 0)
		err(2, "%s", what);
	return fd;
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
	int device = made("/dev/udmabuf", open("/dev/udmabuf", O_RDWR | O_CLOEXEC));
	struct udmabuf_create create = {.flags = UDMABUF_FLAGS_CLOEXEC, .size = MADE_SIZE};

	(void)name;
	create.memfd = made("memfd_create()", memfd_create("udmabuf", MFD_ALLOW_SEALING));
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
	heap = made(path, open(path, O_RDWR | O_CLOEXEC));
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
	int kvm = made("/dev/kvm", open("/dev/kvm", O_RDWR | O_CLOEXEC));
	struct kvm_create_guest_memfd create = {
		.size = MADE_SIZE, .flags = GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED};
	int vm = made("KVM_CREATE_VM", ioctl(kvm, KVM_CREATE_VM, 0));

	(void)name;
	return made("KVM_CREATE_GUEST_MEMFD with GUEST_MEMFD_FLAG_MMAP (Linux 6.18 has it)",
		    ioctl(vm, KVM_CREATE_GUEST_MEMFD, &create));
}

static int make_dmabuf(const char *name)
{
	int device = made("/dev/mmapdemo", open("/dev/mmapdemo", O_RDWR | O_CLOEXEC));
	struct mmapdemo_export export = {.size = sizeof(export), .length = MADE_SIZE};
	off_t size = lseek(device, 0, SEEK_END);

	(void)name;
	if (size < MADE_SIZE)
		export.length = size;
	return made("MMAPDEMO_IOCTL_EXPORT", ioctl(device, MMAPDEMO_IOCTL_EXPORT, &export));
}

static int make_of_number(const char *name)
{
	char *end;
	long fd = strtol(name, &end, 10);

	if (!*name || *end || fd < 0 || fcntl((int)fd, F_GETFD) < 0)
		errx(2, "fd:%s: no open descriptor", name);
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

int handed_descriptor(const char *name)
{
	const struct handed *found = find(name);

	if (!found)
		errx(2, "%s: neither a path nor made", name);
	return found->make(name + strlen(found->prefix));
}

/* -1: none came in time */
static int receive(int from)
{
	struct pollfd ready = {.fd = from, .events = POLLIN};

	return poll(&ready, 1, HAND_OVER_PATIENCE * 1000) > 0 ? receive_descriptor(from) : -1;
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

int hand_over(char **command)
{
	int ends[2], fd;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		err(2, "socketpair");
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		become(command, ends[1]);
	}
	close(ends[1]);
	fd = receive(ends[0]);
	if (fd < 0)
		errx(2, "%s: it sends no descriptor over its descriptor 3 within %d s", command[0],
		     HAND_OVER_PATIENCE);
	return fd;
}
