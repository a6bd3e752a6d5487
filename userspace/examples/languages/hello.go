// SPDX-License-Identifier: GPL-2.0-only

// Command hello [create] uses /dev/mmapdemo, or a fresh buffer. docs/languages.md explains it.
package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

type createBuffer struct {
	size, flags uint32
	bytes, name uint64
}

type waitEvent struct {
	size, flags, events, reserved uint32
	generation                    uint64
}

// ioctl runs the command of that number. Its argument is the command's struct, of that size.
func ioctl(fd int, number, size uintptr, argument unsafe.Pointer) (int, error) {
	request := 3<<30 | size<<16 | 0xE7<<8 | number
	for {
		result, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(argument))
		if errno == 0 {
			return int(result), nil
		} else if errno != unix.EINTR {
			return -1, errno
		}
	}
}

func openBuffer(fresh bool) (*os.File, error) {
	node, err := os.OpenFile("/dev/mmapdemo", os.O_RDWR, 0)
	if err != nil || !fresh {
		return node, err
	}
	defer node.Close()
	create := createBuffer{bytes: 1 << 20}
	create.size = uint32(unsafe.Sizeof(create))
	fd, err := ioctl(int(node.Fd()), 0x0A, unsafe.Sizeof(create), unsafe.Pointer(&create))
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "fresh buffer"), nil
}

// The runtime's own signals interrupt poll(2) and WAIT, so both are called again after EINTR.
func waitForKick(fd int, events int16) error {
	fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		_, err := unix.Poll(fds, -1)
		if err == nil {
			break
		} else if err != unix.EINTR {
			return err
		}
	}
	wait := waitEvent{events: 1}
	wait.size = uint32(unsafe.Sizeof(wait))
	_, err := ioctl(fd, 0x08, unsafe.Sizeof(wait), unsafe.Pointer(&wait))
	return err
}

func text(memory []byte) string {
	return string(memory[:bytes.IndexByte(memory, 0)])
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	file, err := openBuffer(len(os.Args) > 1)
	check(err)
	fd := int(file.Fd())
	info, err := file.Stat()
	check(err)
	const protection = unix.PROT_READ | unix.PROT_WRITE
	whole, err := unix.Mmap(fd, 0, int(info.Size()), protection, unix.MAP_SHARED)
	fmt.Println("by Size():", len(whole), err)

	size, err := file.Seek(0, io.SeekEnd)
	check(err)
	shared, err := unix.Mmap(fd, 0, int(size), protection, unix.MAP_SHARED)
	check(err)
	private, err := unix.Mmap(fd, 0, int(size), protection, unix.MAP_PRIVATE)
	check(err)
	copy(shared, "hello from Go\x00")
	copy(private[4096:], "mine\x00")
	fmt.Printf("size %d, private '%s', shared '%s'\n", size, text(private[4096:]), text(shared[4096:]))

	events := int16(unix.POLLIN)
	if info.Mode().IsRegular() {
		events = unix.POLLPRI
	}
	fmt.Println("waiting")
	check(waitForKick(fd, events))
	fmt.Printf("the other process stored '%s'\n", text(shared[8192:]))
}
