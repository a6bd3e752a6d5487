// SPDX-License-Identifier: GPL-2.0-only
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Uses /dev/mmapdemo; below `mmapdemo create`, its buffer. docs/languages.md explains it. */
class Hello {
	static byte[] bytes(String text) {
		return (text + "\0").getBytes(StandardCharsets.UTF_8);
	}

	static String text(ByteBuffer memory, int offset) {
		byte[] bytes = new byte[64];
		memory.get(offset, bytes);
		return new String(bytes, StandardCharsets.UTF_8).split("\0", 2)[0];
	}

	static Path path() {
		String inherited = System.getenv("MMAPDEMO_FD");
		return Path.of(inherited == null ? "/dev/mmapdemo" : "/proc/self/fd/" + inherited);
	}

	public static void main(String[] arguments) throws IOException, InterruptedException {
		FileChannel channel = FileChannel.open(path(), StandardOpenOption.READ, StandardOpenOption.WRITE);
		long size = channel.size();
		System.out.println("by size(): " + size);
		try {
			channel.map(MapMode.READ_WRITE, 0, 12288);
		} catch (IOException error) {
			System.out.println("by map(): " + error.getMessage());
			channel.write(ByteBuffer.wrap(bytes("hello from Java")), 0);
			return;
		}

		MappedByteBuffer shared = channel.map(MapMode.READ_WRITE, 0, size);
		MappedByteBuffer copy = channel.map(MapMode.PRIVATE, 0, size);
		shared.put(0, bytes("hello from Java"));
		copy.put(4096, bytes("mine"));
		System.out.printf("size %d, private '%s', shared '%s'%n", size, text(copy, 4096), text(shared, 4096));

		System.out.println("waiting");
		while (text(shared, 8192).isEmpty())
			Thread.sleep(100);
		System.out.printf("the other process stored '%s'%n", text(shared, 8192));
	}
}
