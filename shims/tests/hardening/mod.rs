//! What the file of the shipped shim lets the kernel do with its memory (`start_linux.ld`).

use crate::shim::sandbox::shim;
use std::fs;

const EXECUTABLE: u32 = 1;
const WRITABLE: u32 = 2;

/// Nothing is both written and executed, and nothing that is written comes from the file: there is no table of
/// addresses that RELRO could protect, and nobody who would fill one.
#[test]
fn no_memory_is_written_and_executed_and_no_address_is_written() {
    let file = fs::read(shim()).unwrap();
    let number = |at: usize, bytes: usize| {
        let bytes = file[at..at + bytes].iter().rev();
        bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    assert_eq!((&file[..4], file[4], file[5]), (&b"\x7fELF"[..], 2, 1), "64 bits, little-endian");
    let (first, size, count) = (number(32, 8), number(54, 2), number(56, 2));
    let headers = (0..count).map(|place| {
        let at = usize::try_from(first + place * size).unwrap();
        let flags = u32::try_from(number(at + 4, 4)).unwrap();
        (number(at, 4), flags & (EXECUTABLE | WRITABLE), number(at + 32, 8))
    });
    let headers: Vec<_> = headers.map(|(kind, flags, bytes)| (kind, flags, bytes > 0)).collect();
    let (load, stack) = (1, 0x6474_e551);
    // No loader (PT_INTERP), no relocations (PT_DYNAMIC).
    let want = [(load, EXECUTABLE, true), (load, WRITABLE, false), (stack, WRITABLE, false)];
    assert_eq!(headers, want, "kind, flags, whether bytes of the file are in it");
}
