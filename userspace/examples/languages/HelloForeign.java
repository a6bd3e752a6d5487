// SPDX-License-Identifier: GPL-2.0-only
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** HelloForeign [create]: uses /dev/mmapdemo, or a fresh buffer. docs/languages.md explains it. */
class HelloForeign {
	static final MethodHandle CLOSE = function("close", 1, JAVA_INT, JAVA_INT);
	static final MethodHandle OPEN = function("open", 2, JAVA_INT, ADDRESS, JAVA_INT);
	static final MethodHandle IOCTL = function("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
	static final MethodHandle LSEEK = function("lseek", 3, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
	static final MethodHandle MMAP = function("mmap", 6, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT,
			JAVA_INT, JAVA_LONG);
	static final MethodHandle POLL = function("poll", 3, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

	/** The function of the C library; named arguments end after the first ones. */
	static MethodHandle function(String name, int named, MemoryLayout result, MemoryLayout... arguments) {
		Linker linker = Linker.nativeLinker();
		MemorySegment address = linker.defaultLookup().find(name).orElseThrow();
		FunctionDescriptor type = FunctionDescriptor.of(result, arguments);
		if (named == arguments.length)
			return linker.downcallHandle(address, type);
		return linker.downcallHandle(address, type, Linker.Option.firstVariadicArg(named));
	}

	static long check(long result, String what) {
		if (result < 0)
			throw new IllegalStateException(what);
		return result;
	}

	static int ioctl(int fd, int number, MemorySegment argument) throws Throwable {
		argument.set(JAVA_INT, 0, (int) argument.byteSize());
		long request = 3L << 30 | argument.byteSize() << 16 | 0xE7 << 8 | number;
		return (int) check((int) IOCTL.invokeExact(fd, request, argument), "ioctl");
	}

	static int open(Arena arena, boolean fresh) throws Throwable {
		int node = (int) check((int) OPEN.invokeExact(arena.allocateFrom("/dev/mmapdemo"), 2), "open");
		if (!fresh)
			return node;
		MemorySegment create = arena.allocate(24, 8);
		create.set(JAVA_LONG, 8, 1 << 20);
		int fd = ioctl(node, 0x0A, create);
		check((int) CLOSE.invokeExact(node), "close");
		return fd;
	}

	static MemorySegment map(int fd, long size, int flags) throws Throwable {
		var address = (MemorySegment) MMAP.invokeExact(MemorySegment.NULL, size, 3, flags, fd, 0L);
		check(address.address(), "mmap");
		return address.reinterpret(size);
	}

	static void waitForKick(Arena arena, int fd, int events) throws Throwable {
		MemorySegment pollfd = arena.allocate(8, 4), wait = arena.allocate(24, 8);
		pollfd.set(JAVA_INT, 0, fd);
		pollfd.set(JAVA_SHORT, 4, (short) events);
		check((int) POLL.invokeExact(pollfd, 1L, -1), "poll");
		wait.set(JAVA_INT, 8, 1);
		ioctl(fd, 0x08, wait);
	}

	public static void main(String[] arguments) throws Throwable {
		boolean fresh = arguments.length > 0;
		try (Arena arena = Arena.ofConfined()) {
			int fd = open(arena, fresh);
			long size = check((long) LSEEK.invokeExact(fd, 0L, 2), "lseek");
			MemorySegment shared = map(fd, size, 1), copy = map(fd, size, 2);
			shared.setString(0, "hello from Java");
			copy.setString(4096, "mine");
			System.out.printf("size %d, private '%s', shared '%s'%n", size, copy.getString(4096), shared.getString(4096));

			System.out.println("waiting");
			waitForKick(arena, fd, fresh ? 2 : 1);
			System.out.printf("the other process stored '%s'%n", shared.getString(8192));
		}
	}
}
