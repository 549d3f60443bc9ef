//! Memory that is never given back.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::{Cell, UnsafeCell};
use goward_shim::sys;

/// The memory of one call: handed out from the front, and given back by the exec.
#[repr(C)]
pub(super) struct Arena {
    /// Where the part that is not handed out yet starts and ends. It stands before the block,
    /// because what is used is then one page more seldom.
    free: Cell<(usize, usize)>,
    /// Where memory starts that was never handed out, and is zero as the kernel gave it.
    fresh: Cell<usize>,
    first: UnsafeCell<[u8; Arena::FIRST]>,
}

#[global_allocator]
pub(super) static ARENA: Arena = Arena {
    free: Cell::new((0, 0)),
    fresh: Cell::new(0),
    first: UnsafeCell::new([0; Arena::FIRST]),
};

// SAFETY: the process has one thread.
unsafe impl Sync for Arena {}

impl Arena {
    /// Enough for nearly every call; pages that nothing touches cost nothing.
    const FIRST: usize = 256 * 1024;
    /// What is asked of the kernel when it is not.
    const MORE: usize = 1024 * 1024;

    /// Makes the first block ready. A page that is written before it is read costs one fault, not
    /// two.
    pub(super) fn open(&self) {
        let start = self.first.get().expose_provenance();
        self.free.set((start, start + Self::FIRST));
    }

    /// Finds room behind what is handed out; null when there is none.
    fn allocate(&self, layout: Layout) -> *mut u8 {
        let (start, end) = self.free.get();
        let place = (start + layout.align() - 1) & !(layout.align() - 1);
        // No layout is so large that this would be too much for an address.
        let behind = place + layout.size();
        if behind > end {
            return self.allocate_more(layout);
        }
        self.free.set((behind, end));
        core::ptr::with_exposed_provenance_mut(place)
    }

    /// Goes on in a new block, which is aligned for everything; what is left of the old one stays
    /// unused.
    #[cold]
    #[inline(never)]
    fn allocate_more(&self, layout: Layout) -> *mut u8 {
        let size = layout.size().saturating_add(Self::MORE).next_multiple_of(4096);
        let Some(start) = sys::more_memory(size) else { return core::ptr::null_mut() };
        let place = start.next_multiple_of(layout.align());
        self.free.set((place + layout.size(), start + size));
        core::ptr::with_exposed_provenance_mut(place)
    }
}

// SAFETY: memory is handed out once; only the block that was handed out last changes its size in
// its place.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.allocate(layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let block = self.allocate(layout);
        if !block.is_null() && block.addr() < self.fresh.get() {
            // SAFETY: the block has this size.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, _block: *mut u8, _layout: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let (start, end) = self.free.get();
        let is_last = block.addr() + layout.size() == start;
        if is_last && end - block.addr() >= size {
            self.fresh.set(self.fresh.get().max(start));
            self.free.set((block.addr() + size, end));
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the caller gives a size that a layout can have.
        let new = self.allocate(unsafe { Layout::from_size_align_unchecked(size, layout.align()) });
        if !new.is_null() {
            // SAFETY: the new block is another one and larger.
            unsafe { new.copy_from_nonoverlapping(block, layout.size()) };
        }
        new
    }
}
