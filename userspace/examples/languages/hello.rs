// SPDX-License-Identifier: GPL-2.0-only
//! hello_rust [create]: uses /dev/mmapdemo, or a fresh buffer. docs/languages.md explains it.
use std::fs::File;
use std::io::{Error, Result, Seek, SeekFrom};
use std::os::unix::io::AsRawFd;
use std::ptr;

mod buffer;

fn map(file: &File, size: usize, flags: i32) -> Result<*mut u8> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    match unsafe { libc::mmap(ptr::null_mut(), size, protection, flags, file.as_raw_fd(), 0) } {
        libc::MAP_FAILED => Err(Error::last_os_error()),
        address => Ok(address.cast()),
    }
}

/// Another process may store there at any time, so each load is volatile.
fn text(address: *const u8) -> String {
    let bytes: Vec<u8> = (0..64).map(|i| unsafe { address.add(i).read_volatile() }).collect();
    buffer::text(&bytes)
}

fn main() -> Result<()> {
    let mut file = buffer::open(std::env::args().len() > 1)?;
    match map(&file, file.metadata()?.len() as usize, libc::MAP_SHARED) {
        Ok(_) => println!("by len(): mapped"),
        Err(error) => println!("by len(): {error}"),
    }

    let size = file.seek(SeekFrom::End(0))? as usize;
    let shared = map(&file, size, libc::MAP_SHARED)?;
    let private = map(&file, size, libc::MAP_PRIVATE)?;
    unsafe {
        shared.copy_from(b"hello from Rust\0".as_ptr(), 16);
        private.add(4096).copy_from(b"mine\0".as_ptr(), 5);
        let (private, shared) = (text(private.add(4096)), text(shared.add(4096)));
        println!("size {size}, private '{private}', shared '{shared}'");
    }

    println!("waiting");
    buffer::wait_for_kick(&file)?;
    println!("the other process stored '{}'", text(unsafe { shared.add(8192) }));
    Ok(())
}
