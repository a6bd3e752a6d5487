// SPDX-License-Identifier: GPL-2.0-only
// hello [create]: uses /dev/mmapdemo, or a fresh buffer. docs/languages.md explains it.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/mmapdemo.h>

template <typename T> static T check(T result, const char *what)
{
	if (result < 0)
		throw std::system_error(errno, std::generic_category(), what);
	return result;
}

class Mapping
{
	std::size_t size;
	void *address;

      public:
	Mapping(int fd, std::size_t size, int flags)
	    : size(size), address(mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, fd, 0))
	{
		if (address == MAP_FAILED)
			throw std::system_error(errno, std::generic_category(), "mmap");
	}
	Mapping(const Mapping &) = delete;
	~Mapping()
	{
		munmap(address, size);
	}
	char *at(std::size_t offset) const
	{
		return static_cast<char *>(address) + offset;
	}
};

static int open_buffer(bool fresh)
{
	int node = check(open("/dev/mmapdemo", O_RDWR | O_CLOEXEC), "/dev/mmapdemo"), fd;
	mmapdemo_create create{};

	if (!fresh)
		return node;
	create.size = sizeof(create);
	create.bytes = 1 << 20;
	fd = check(ioctl(node, MMAPDEMO_IOCTL_CREATE, &create), "CREATE");
	close(node);
	return fd;
}

static void wait_for_kick(int fd, short events)
{
	pollfd pollfd{fd, events, 0};
	mmapdemo_wait wait{};

	check(poll(&pollfd, 1, -1), "poll");
	wait.size = sizeof(wait);
	wait.events = MMAPDEMO_EVENT_KICK;
	check(ioctl(fd, MMAPDEMO_IOCTL_WAIT, &wait), "WAIT");
}

int main(int argc, char **)
try {
	int fd = open_buffer(argc > 1);
	std::filesystem::path path("/proc/self/fd/" + std::to_string(fd));

	try {
		auto size = std::filesystem::file_size(path);
		std::cout << "by file_size(): " << size << std::endl;
	} catch (const std::filesystem::filesystem_error &error) {
		std::cout << "by file_size(): " << error.code().message() << std::endl;
	}

	std::size_t size = check(lseek(fd, 0, SEEK_END), "lseek");
	Mapping shared(fd, size, MAP_SHARED), copy(fd, size, MAP_PRIVATE);
	std::strcpy(shared.at(0), "hello from C++");
	std::strcpy(copy.at(4096), "mine");
	std::cout << "size " << size << ", private '" << copy.at(4096) << "', shared '"
		  << shared.at(4096) << "'" << std::endl;

	std::cout << "waiting" << std::endl;
	wait_for_kick(fd, std::filesystem::is_regular_file(path) ? POLLPRI : POLLIN);
	std::cout << "the other process stored '" << shared.at(8192) << "'" << std::endl;
} catch (const std::exception &error) {
	std::cerr << error.what() << std::endl;
	return 1;
}
