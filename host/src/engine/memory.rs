//! Memory for components, in huge pages where the system has them.
//!
//! A solve touches tens of megabytes once, and a page fault for every 4 KiB of them was a sixth of its time. Wasmtime's
//! own memories cannot be told to use huge pages, so these are ours: a reservation, of which a component sees the
//! beginning, between guards that nothing can ever reach.

use std::ffi::c_void;
use std::io;
use std::ptr::NonNull;

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect, munmap};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType, bail};

/// A huge page, in bytes. What begins at a multiple of it can be one.
const HUGE_PAGE: usize = 2 << 20;
/// What every system's pages divide, in bytes: a component's memory grows by it.
const WASM_PAGE: usize = 64 << 10;

/// Makes memories.
pub(super) struct HugePages;

// SAFETY: a memory made here is reached by nobody but wasmtime, is zero (fresh anonymous pages are), never moves, and
// has at least the reservation and the guard behind its beginning, as `Memory::new` maps them.
#[allow(unsafe_code, reason = "what wasmtime's trait demands stands above")]
unsafe impl MemoryCreator for HugePages {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let reserved = reserved.or(maximum).unwrap_or(minimum);
        let memory = Memory::new(minimum, reserved.max(minimum), guard).map_err(|error| error.to_string())?;
        Ok(Box::new(memory))
    }
}

/// One mapping: a guard, what is accessible, what it may still grow into, and a guard.
struct Memory {
    /// Where the mapping begins.
    mapping: NonNull<c_void>,
    /// How long it is, guards included.
    mapped: usize,
    /// Where the memory begins.
    base: NonNull<u8>,
    /// How much of it is accessible.
    accessible: usize,
    /// How much of it can become so.
    reserved: usize,
}

// SAFETY: the mapping belongs to this value alone, and no method changes anything through a shared reference.
#[allow(unsafe_code, reason = "owns what the pointers lead to")]
unsafe impl Send for Memory {}
// SAFETY: as above.
#[allow(unsafe_code, reason = "owns what the pointers lead to")]
unsafe impl Sync for Memory {}

impl Memory {
    #[allow(unsafe_code, reason = "memory is mapped")]
    fn new(minimum: usize, reserved: usize, guard: usize) -> io::Result<Memory> {
        let too_large = || io::Error::from(io::ErrorKind::OutOfMemory);
        let reserved = reserved.checked_next_multiple_of(WASM_PAGE).ok_or_else(too_large)?;
        let guard = guard.checked_next_multiple_of(WASM_PAGE).ok_or_else(too_large)?;
        let mapped = [guard, reserved, guard].into_iter().try_fold(HUGE_PAGE, usize::checked_add);
        let mapped = mapped.ok_or_else(too_large)?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new mapping at an address of the system's choice touches nothing that is there.
        let mapping = unsafe { mmap_anonymous(std::ptr::null_mut(), mapped, ProtFlags::empty(), flags)? };
        let mapping = NonNull::new(mapping).ok_or_else(too_large)?;
        let first = mapping.cast::<u8>();
        // Behind the guard, at the next beginning of a huge page, for which one more was mapped.
        let skipped = guard + (first.addr().get() + guard).next_multiple_of(HUGE_PAGE) - (first.addr().get() + guard);
        // SAFETY: `skipped` is less than the guard and a huge page, so it lies within the mapping.
        let base = unsafe { first.add(skipped) };
        let mut memory = Memory { mapping, mapped, base, accessible: 0, reserved };
        // Where the system does not want huge pages, small ones do.
        // SAFETY: the range is a part of the mapping, and the advice changes nothing that could be seen.
        let _ = unsafe { madvise(memory.base.as_ptr().cast(), reserved, Advice::LinuxHugepage) };
        memory.make_accessible(minimum)?;
        Ok(memory)
    }

    /// Makes the beginning of this length accessible. What was so before stays as it is.
    #[allow(unsafe_code, reason = "memory is made accessible")]
    fn make_accessible(&mut self, size: usize) -> io::Result<()> {
        let end = size.checked_next_multiple_of(WASM_PAGE).filter(|&end| end <= self.reserved);
        let Some(end) = end else {
            return Err(io::Error::from(io::ErrorKind::OutOfMemory));
        };
        if size > self.accessible {
            // SAFETY: the range is a part of this value's own mapping: `end` is at most `reserved`, which was mapped.
            unsafe { mprotect(self.base.as_ptr().cast(), end, MprotectFlags::READ | MprotectFlags::WRITE)? };
            self.accessible = size;
        }
        Ok(())
    }
}

impl Drop for Memory {
    #[allow(unsafe_code, reason = "memory is given back")]
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and nothing borrows from it: wasmtime drops a memory with its store.
        // If the system refuses, the mapping stays, and that is all.
        let _ = unsafe { munmap(self.mapping.as_ptr(), self.mapped) };
    }
}

// SAFETY: the memory begins and ends at multiples of what pages divide, does not move, is zero where it was never
// written, and is followed by everything that was reserved and the guard, inaccessible.
#[allow(unsafe_code, reason = "what wasmtime's trait demands stands above")]
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        self.accessible
    }

    fn byte_capacity(&self) -> usize {
        self.reserved
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        if size < self.accessible {
            bail!("a memory of {} bytes does not shrink to {size}", self.accessible);
        }
        Ok(self.make_accessible(size)?)
    }

    fn as_ptr(&self) -> *mut u8 {
        self.base.as_ptr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(unsafe_code, reason = "reads what the memory shows")]
    fn seen(memory: &Memory) -> &[u8] {
        // SAFETY: so much is accessible, and initialized to zero by the system.
        unsafe { std::slice::from_raw_parts(memory.as_ptr(), memory.byte_size()) }
    }

    #[allow(unsafe_code, reason = "writes what the memory shows")]
    fn set(memory: &mut Memory, place: usize, byte: u8) {
        assert!(place < memory.byte_size());
        // SAFETY: the place is accessible, and the reference to the memory is the only one.
        unsafe { memory.as_ptr().add(place).write(byte) };
    }

    #[test]
    fn a_memory_is_zero_and_grows_in_its_place_up_to_what_was_reserved() {
        let mut memory = Memory::new(WASM_PAGE, 64 * WASM_PAGE, WASM_PAGE).expect("mapped");
        let base = memory.as_ptr();
        assert_eq!((base.addr() % HUGE_PAGE, memory.byte_capacity()), (0, 64 * WASM_PAGE));
        assert!(seen(&memory).iter().all(|&byte| byte == 0));
        set(&mut memory, WASM_PAGE - 1, 7);
        for pages in [1, 2, 63, 64] {
            memory.grow_to(pages * WASM_PAGE).expect("grown");
            assert_eq!((memory.as_ptr(), memory.byte_size()), (base, pages * WASM_PAGE));
            let written: Vec<usize> =
                seen(&memory).iter().enumerate().filter(|(_, byte)| **byte != 0).map(|(place, _)| place).collect();
            assert_eq!(written, [WASM_PAGE - 1], "{pages} pages");
        }
        memory.grow_to(64 * WASM_PAGE + 1).expect_err("more than was reserved");
        memory.grow_to(usize::MAX).expect_err("more than there is");
        memory.grow_to(WASM_PAGE).expect_err("smaller");
        assert_eq!(memory.byte_size(), 64 * WASM_PAGE);
    }

    #[test]
    fn a_memory_without_a_page_is_one() {
        let mut memory = Memory::new(0, 0, 0).expect("mapped");
        assert_eq!((memory.byte_size(), memory.byte_capacity()), (0, 0));
        memory.grow_to(0).expect("as it is");
        memory.grow_to(1).expect_err("nothing was reserved");
    }

    #[test]
    fn what_no_address_space_holds_is_not_mapped() {
        for (reserved, guard) in [(usize::MAX, 0), (1 << 62, 1 << 62), (1 << 60, 0)] {
            assert!(Memory::new(0, reserved, guard).is_err(), "{reserved} {guard}");
        }
    }
}
