//! The operating system's randomness, drawn from a seed on threads that simulate.
//!
//! rustls, ring and quinn draw their keys and connection ids from the operating system, and nothing lets us hand them a
//! source. So the two functions of the C library that they end in are replaced for the whole program: on a thread that
//! simulates they draw from its seed, on every other one they ask the kernel as ever.
#![expect(
    unsafe_code,
    reason = "it replaces two C functions, which are given raw pointers"
)]

use std::{
    cell::Cell,
    ffi::{c_long, c_uint, c_void},
    marker::PhantomData,
    mem, ptr, slice,
    sync::atomic::{AtomicPtr, Ordering},
};

use super::random::Random;

thread_local! {
    /// Without a destructor, so that it is there at any moment of a thread's life.
    static SEEDED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Draws this thread's randomness from `seed`, as long as the result is held.
pub(super) fn seed(seed: u64) -> Seeded {
    SEEDED.set(Some(seed));
    Seeded(PhantomData)
}

/// The thread's randomness is seeded. It is the thread's, and so stays on it.
#[derive(Debug)]
pub(super) struct Seeded(PhantomData<*const ()>);

impl Drop for Seeded {
    fn drop(&mut self) {
        SEEDED.set(None);
    }
}

/// Fills the bytes from the thread's seed; `false` where it has none.
pub(super) fn fill(bytes: &mut [u8]) -> bool {
    let Some(state) = SEEDED.get() else {
        return false;
    };
    let mut random = Random::from_state(state);
    bytes.fill_with(|| random.byte());
    SEEDED.set(Some(random.state()));
    true
}

/// # Safety
/// `buffer` is null or points to `length` bytes that are the caller's to write.
unsafe fn fill_raw(buffer: *mut c_void, length: usize) -> bool {
    if buffer.is_null() {
        return false;
    }
    // SAFETY: the caller's word. They are cleared first, since they may never have been written.
    let bytes = unsafe {
        ptr::write_bytes(buffer.cast::<u8>(), 0, length);
        slice::from_raw_parts_mut(buffer.cast::<u8>(), length)
    };
    fill(bytes)
}

type Syscall =
    unsafe extern "C" fn(c_long, c_long, c_long, c_long, c_long, c_long, c_long) -> c_long;

/// The C library's own `syscall`, behind ours.
fn next_syscall() -> Syscall {
    static NEXT: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
    let mut next = NEXT.load(Ordering::Relaxed);
    if next.is_null() {
        // SAFETY: a C string, and a handle that means what it says. Who comes at the same time finds the same.
        next = unsafe { libc::dlsym(libc::RTLD_NEXT, c"syscall".as_ptr()) };
        assert!(!next.is_null(), "the C library has a syscall function");
        NEXT.store(next, Ordering::Relaxed);
    }
    // SAFETY: it is a function that takes a number and up to six arguments in registers, on every Linux that Rust knows.
    unsafe { mem::transmute::<*mut c_void, Syscall>(next) }
}

/// `getrandom(2)`, as the C library has it.
///
/// # Safety
/// As the manual says: `buffer` has room for `length` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(buffer: *mut c_void, length: usize, flags: c_uint) -> isize {
    // SAFETY: the caller's word.
    if unsafe { fill_raw(buffer, length) } {
        return isize::try_from(length).unwrap_or(isize::MAX);
    }
    let address = c_long::try_from(buffer.expose_provenance()).unwrap_or(0);
    let length = c_long::try_from(length).unwrap_or(0);
    let number = libc::SYS_getrandom;
    // SAFETY: the caller's word, passed on.
    let drawn = unsafe { next_syscall()(number, address, length, c_long::from(flags), 0, 0, 0) };
    isize::try_from(drawn).unwrap_or(-1)
}

/// `syscall(2)`, as the C library has it: ring asks for randomness through it.
///
/// # Safety
/// That of the system call.
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(
    number: c_long,
    first: c_long,
    second: c_long,
    third: c_long,
    fourth: c_long,
    fifth: c_long,
    sixth: c_long,
) -> c_long {
    if number == libc::SYS_getrandom {
        let buffer = ptr::with_exposed_provenance_mut(usize::try_from(first).unwrap_or(0));
        let length = usize::try_from(second).unwrap_or(0);
        // SAFETY: the caller's word: these are `getrandom`'s arguments.
        if unsafe { fill_raw(buffer, length) } {
            return second;
        }
    }
    // SAFETY: the caller's word, passed on.
    unsafe { next_syscall()(number, first, second, third, fourth, fifth, sixth) }
}
