// SPDX-License-Identifier: GPL-2.0-only
//! hello_memmap2 [create]: hello.rs with the crate memmap2. docs/languages.md explains it.
use memmap2::MmapOptions;
use std::io::{Result, Seek, SeekFrom};

mod buffer;

fn main() -> Result<()> {
    let mut file = buffer::open(std::env::args().len() > 1)?;
    match unsafe { MmapOptions::new().map_mut(&file) } {
        Ok(map) => println!("by len(): {} bytes", map.len()),
        Err(error) => println!("by len(): {error}"),
    }

    let size = file.seek(SeekFrom::End(0))? as usize;
    let mut shared = unsafe { MmapOptions::new().len(size).map_mut(&file)? };
    let mut private = unsafe { MmapOptions::new().len(size).map_copy(&file)? };
    shared[..18].copy_from_slice(b"hello from memmap2");
    private[4096..4100].copy_from_slice(b"mine");
    let (copy, device) = (buffer::text(&private[4096..]), buffer::text(&shared[4096..]));
    println!("size {size}, private '{copy}', shared '{device}'");

    println!("waiting");
    buffer::wait_for_kick(&file)?;
    println!("the other process stored '{}'", buffer::text(&shared[8192..]));
    Ok(())
}
