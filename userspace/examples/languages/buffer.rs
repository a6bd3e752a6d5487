// SPDX-License-Identifier: GPL-2.0-only
//! The commands that hello.rs and hello_memmap2.rs need.
use std::fs::{File, OpenOptions};
use std::io::{Error, Result};
use std::mem::size_of;
use std::os::unix::io::{AsRawFd, FromRawFd};

#[repr(C)]
struct Create {
    size: u32,
    flags: u32,
    bytes: u64,
    name: u64,
}

#[repr(C)]
struct Wait {
    size: u32,
    flags: u32,
    events: u32,
    reserved: u32,
    generation: u64,
}

fn check(result: i32) -> Result<i32> {
    if result < 0 {
        return Err(Error::last_os_error());
    }
    Ok(result)
}

/// The command of that number. Its argument must be the repr(C) struct of the command.
fn ioctl<T>(file: &File, number: usize, argument: &mut T) -> Result<i32> {
    let request = 3 << 30 | size_of::<T>() << 16 | 0xE7 << 8 | number;
    check(unsafe { libc::ioctl(file.as_raw_fd(), request as _, argument as *mut T) })
}

pub fn open(fresh: bool) -> Result<File> {
    let node = OpenOptions::new().read(true).write(true).open("/dev/mmapdemo")?;
    if !fresh {
        return Ok(node);
    }
    let size = size_of::<Create>() as u32;
    let mut create = Create { size, flags: 0, bytes: 1 << 20, name: 0 };
    let fd = ioctl(&node, 0x0A, &mut create)?;
    Ok(unsafe { File::from_raw_fd(fd) })
}

pub fn wait_for_kick(file: &File) -> Result<()> {
    let events = if file.metadata()?.is_file() { libc::POLLPRI } else { libc::POLLIN };
    let mut pollfd = libc::pollfd { fd: file.as_raw_fd(), events, revents: 0 };
    check(unsafe { libc::poll(&mut pollfd, 1, -1) })?;

    let size = size_of::<Wait>() as u32;
    let mut wait = Wait { size, flags: 0, events: 1, reserved: 0, generation: 0 };
    ioctl(file, 0x08, &mut wait)?;
    Ok(())
}

/// The text at the start of these bytes, which ends in a zero byte.
pub fn text(memory: &[u8]) -> String {
    let end = memory.iter().position(|&byte| byte == 0).unwrap_or(memory.len());
    String::from_utf8_lossy(&memory[..end]).into_owned()
}
