//! The simulated disks as a file system of SQLite's.
//!
//! SQLite asks its file system in C, so this is one of the two places of the workspace that can't do without `unsafe`.
//! It only turns pointers into references and back: what a disk does is in [`super::disk`]. A file's path is
//! `/machine/file`; machines belong to the thread that simulates them, and so do the connections to their files.
#![expect(
    unsafe_code,
    reason = "SQLite calls its file system through C function pointers, and shares memory through raw ones"
)]

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ffi::{CStr, c_char, c_int, c_void},
    ptr,
    rc::Rc,
    slice,
    sync::Once,
};

use rusqlite::ffi;

use super::{
    disk::{Disk, DiskError, Mount, Promise},
    randomness,
};

/// What SQLite knows the file system by.
pub(super) const VFS: &str = "holdfast-faults";
const VFS_NAME: &CStr = c"holdfast-faults";

/// The machine whose disk takes files without a name.
pub(super) const SCRATCH: &str = "scratch";

const PATH_BYTES_MAX: c_int = 512;
const SECTOR_BYTES: c_int = 512;
/// Of the WAL index, and of its locks.
const SHARED_LOCKS: usize = 8;

/// By machine and file: which mount has it, and what its connections share.
type SharedFiles = BTreeMap<(String, String), (Mount, Rc<Shared>)>;

thread_local! {
    static MACHINES: RefCell<BTreeMap<String, Rc<RefCell<Disk>>>> = const { RefCell::new(BTreeMap::new()) };
    static SHARED: RefCell<SharedFiles> = const { RefCell::new(BTreeMap::new()) };
    static UNNAMED: Cell<u64> = const { Cell::new(0) };
}

/// Gives this thread's connections a machine's disk, as long as the result is held.
pub(super) fn attach(machine: &str, disk: Rc<RefCell<Disk>>) -> Attached {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(register);
    MACHINES.with_borrow_mut(|machines| machines.insert(machine.to_owned(), disk));
    Attached(machine.to_owned())
}

/// A machine's disk within reach of SQLite.
#[derive(Debug)]
pub(super) struct Attached(String);

impl Drop for Attached {
    fn drop(&mut self) {
        MACHINES.with_borrow_mut(|machines| machines.remove(&self.0));
        SHARED.with_borrow_mut(|shared| shared.retain(|(machine, _), _| *machine != self.0));
    }
}

/// The WAL index of a file and who holds which lock, among the connections of one process.
#[derive(Default)]
struct Shared {
    regions: RefCell<Vec<(*mut u8, usize)>>,
    slots: RefCell<[Slot; SHARED_LOCKS]>,
    readers: Cell<u32>,
    reserved: Cell<bool>,
    exclusive: Cell<bool>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    shared: u32,
    exclusive: bool,
}

impl Drop for Shared {
    fn drop(&mut self) {
        for (region, bytes) in self.regions.get_mut().drain(..) {
            // SAFETY: it came from `Box::into_raw` of a slice of this length, and the last connection that could point
            // into it is gone.
            drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(region, bytes)) });
        }
    }
}

/// An open file.
struct Open {
    disk: Rc<RefCell<Disk>>,
    mount: Mount,
    name: String,
    shared: Rc<Shared>,
    held: [Held; SHARED_LOCKS],
    level: c_int,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    Nothing,
    Shared,
    Exclusive,
}

/// What SQLite allocates for a file: its own part first, then ours.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

/// # Safety
/// `file` is one that [`open`] filled and [`close`] has not emptied, and nobody else uses it meanwhile: SQLite uses a
/// connection from one thread at a time.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Open {
    // SAFETY: the caller's word; `open` put a box's pointer there.
    unsafe { &mut *(*file.cast::<Handle>()).open }
}

/// Machine and file. A file without a name is one that SQLite puts aside what does not fit into memory.
///
/// # Safety
/// `path` is null or a C string.
unsafe fn path_of(path: *const c_char) -> Option<(String, String)> {
    if path.is_null() {
        let number = UNNAMED.get();
        UNNAMED.set(number + 1);
        return Some((SCRATCH.to_owned(), format!("unnamed-{number}")));
    }
    // SAFETY: the caller's word.
    let path = unsafe { CStr::from_ptr(path) }.to_str().ok()?;
    let (machine, name) = path.strip_prefix('/')?.split_once('/')?;
    Some((machine.to_owned(), name.to_owned()))
}

fn disk_of(machine: &str) -> Option<Rc<RefCell<Disk>>> {
    MACHINES.with_borrow(|machines| machines.get(machine).cloned())
}

fn code(result: Result<(), DiskError>) -> c_int {
    match result {
        Ok(()) => ffi::SQLITE_OK,
        Err(DiskError::Gone) => ffi::SQLITE_IOERR,
        Err(DiskError::Read) => ffi::SQLITE_IOERR_READ,
        Err(DiskError::Write) => ffi::SQLITE_IOERR_WRITE,
        Err(DiskError::Sync) => ffi::SQLITE_IOERR_FSYNC,
        Err(DiskError::Full) => ffi::SQLITE_FULL,
    }
}

fn size(value: i64) -> usize {
    usize::try_from(value).unwrap_or(0)
}

fn length(value: c_int) -> usize {
    usize::try_from(value).unwrap_or(0)
}

fn shared_of(machine: &str, name: &str, mount: Mount) -> Rc<Shared> {
    SHARED.with_borrow_mut(|all| {
        let key = (machine.to_owned(), name.to_owned());
        match all.get(&key) {
            Some((held_by, shared)) if *held_by == mount => Rc::clone(shared),
            Some(_) | None => {
                let shared = Rc::new(Shared::default());
                all.insert(key, (mount, Rc::clone(&shared)));
                shared
            }
        }
    })
}

unsafe extern "C" fn open(
    _vfs: *mut ffi::sqlite3_vfs,
    path: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands in room for a `Handle`, as `szOsFile` says; without methods it is taken for not open.
    unsafe { (*file).pMethods = ptr::null() };
    // SAFETY: SQLite's path is null or a C string.
    let Some((machine, name)) = (unsafe { path_of(path) }) else {
        return ffi::SQLITE_CANTOPEN;
    };
    let Some(disk) = disk_of(&machine) else {
        return ffi::SQLITE_CANTOPEN;
    };
    let mount = disk.borrow().mount();
    let is_new = disk.borrow().length(&name) == 0;
    if is_new && flags & ffi::SQLITE_OPEN_CREATE == 0 {
        return ffi::SQLITE_CANTOPEN;
    }
    if let Err(error) = disk.borrow_mut().open(mount, &name) {
        return code(Err(error));
    }
    let shared = shared_of(&machine, &name, mount);
    let open = Box::new(Open {
        disk,
        mount,
        name,
        shared,
        held: [Held::Nothing; SHARED_LOCKS],
        level: ffi::SQLITE_LOCK_NONE,
    });
    let handle = Handle {
        base: ffi::sqlite3_file { pMethods: &METHODS },
        open: Box::into_raw(open),
    };
    // SAFETY: as above.
    unsafe { ptr::write(file.cast::<Handle>(), handle) };
    if !flags_out.is_null() {
        // SAFETY: SQLite's pointer, not null.
        unsafe { *flags_out = flags };
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: an open file; nobody uses it after this.
    let mut open = unsafe { Box::from_raw((*file.cast::<Handle>()).open) };
    open.set_level(ffi::SQLITE_LOCK_NONE);
    open.release_slots(0..SHARED_LOCKS);
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    buffer: *mut c_void,
    bytes: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: an open file, and a buffer of so many bytes that is ours for the call.
    let (open, buffer) = unsafe {
        let buffer = slice::from_raw_parts_mut(buffer.cast::<u8>(), length(bytes));
        (opened(file), buffer)
    };
    let read = open
        .disk
        .borrow_mut()
        .read(open.mount, &open.name, size(offset), buffer);
    match read {
        Ok(count) if count == buffer.len() => ffi::SQLITE_OK,
        Ok(_) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(error) => code(Err(error)),
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    buffer: *const c_void,
    bytes: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: an open file, and a buffer of so many bytes.
    let (open, buffer) = unsafe {
        let buffer = slice::from_raw_parts(buffer.cast::<u8>(), length(bytes));
        (opened(file), buffer)
    };
    let mut disk = open.disk.borrow_mut();
    code(disk.write(open.mount, &open.name, size(offset), buffer))
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, bytes: i64) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    code(
        open.disk
            .borrow_mut()
            .cut(open.mount, &open.name, size(bytes)),
    )
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    code(open.disk.borrow_mut().sync(open.mount, &open.name))
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, bytes: *mut i64) -> c_int {
    // SAFETY: an open file, and SQLite's own place for the answer.
    let (open, bytes) = unsafe { (opened(file), &mut *bytes) };
    let disk = open.disk.borrow();
    *bytes = i64::try_from(disk.length(&open.name)).unwrap_or(i64::MAX);
    code(disk.check_mount(open.mount))
}

impl Open {
    fn is_alive(&self) -> Result<(), DiskError> {
        self.disk.borrow().check_mount(self.mount)
    }

    /// Goes up or down to a level of SQLite's file locks; whether the others let it.
    fn set_level(&mut self, level: c_int) -> bool {
        let shared = &self.shared;
        let others = shared.readers.get() - u32::from(self.level >= ffi::SQLITE_LOCK_SHARED);
        let reserved = shared.reserved.get() && self.level < ffi::SQLITE_LOCK_RESERVED;
        let exclusive = shared.exclusive.get() && self.level < ffi::SQLITE_LOCK_EXCLUSIVE;
        let wants = |least: c_int| level >= least && self.level < least;
        if wants(ffi::SQLITE_LOCK_SHARED) && exclusive
            || wants(ffi::SQLITE_LOCK_RESERVED) && reserved
            || wants(ffi::SQLITE_LOCK_EXCLUSIVE) && (others > 0 || reserved)
        {
            return false;
        }
        shared
            .readers
            .set(others + u32::from(level >= ffi::SQLITE_LOCK_SHARED));
        shared
            .reserved
            .set(reserved || level >= ffi::SQLITE_LOCK_RESERVED);
        shared
            .exclusive
            .set(exclusive || level >= ffi::SQLITE_LOCK_EXCLUSIVE);
        self.level = level;
        true
    }

    fn release_slots(&mut self, slots: std::ops::Range<usize>) {
        let mut all = self.shared.slots.borrow_mut();
        for (slot, held) in all[slots.clone()].iter_mut().zip(&mut self.held[slots]) {
            match held {
                Held::Nothing => {}
                Held::Shared => slot.shared -= 1,
                Held::Exclusive => slot.exclusive = false,
            }
            *held = Held::Nothing;
        }
    }

    fn take_slots(&mut self, slots: std::ops::Range<usize>, want: Held) -> bool {
        let mut all = self.shared.slots.borrow_mut();
        let held = &mut self.held[slots.clone()];
        let all = &mut all[slots];
        let refused = all.iter().zip(held.iter()).any(|(slot, held)| {
            *held == Held::Nothing && (slot.exclusive || want == Held::Exclusive && slot.shared > 0)
        });
        if refused {
            return false;
        }
        for (slot, held) in all.iter_mut().zip(held) {
            if *held == Held::Nothing {
                match want {
                    Held::Exclusive => slot.exclusive = true,
                    Held::Shared | Held::Nothing => slot.shared += 1,
                }
                *held = want;
            }
        }
        true
    }
}

fn granted(granted: bool) -> c_int {
    if granted {
        ffi::SQLITE_OK
    } else {
        ffi::SQLITE_BUSY
    }
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    match open.is_alive() {
        Ok(()) => granted(open.set_level(level.max(open.level))),
        Err(error) => code(Err(error)),
    }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    open.set_level(level.min(open.level));
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved(file: *mut ffi::sqlite3_file, answer: *mut c_int) -> c_int {
    // SAFETY: an open file, and SQLite's own place for the answer.
    let (open, answer) = unsafe { (opened(file), &mut *answer) };
    *answer = c_int::from(open.shared.reserved.get());
    ffi::SQLITE_OK
}

unsafe extern "C" fn control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    SECTOR_BYTES
}

unsafe extern "C" fn characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    match open.disk.borrow().promise() {
        Promise::Nothing => 0,
        Promise::PowerSafeOverwrite => ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE,
    }
}

unsafe extern "C" fn shared_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    bytes: c_int,
    extend: c_int,
    place: *mut *mut c_void,
) -> c_int {
    // SAFETY: an open file, and SQLite's own place for the answer.
    let (open, place) = unsafe { (opened(file), &mut *place) };
    *place = ptr::null_mut();
    if let Err(error) = open.is_alive() {
        return code(Err(error));
    }
    let mut regions = open.shared.regions.borrow_mut();
    while regions.len() <= length(region) {
        if extend == 0 {
            return ffi::SQLITE_OK;
        }
        let memory = vec![0_u8; length(bytes)].into_boxed_slice();
        regions.push((Box::into_raw(memory).cast::<u8>(), length(bytes)));
    }
    *place = regions[length(region)].0.cast::<c_void>();
    ffi::SQLITE_OK
}

unsafe extern "C" fn shared_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: an open file.
    let open = unsafe { opened(file) };
    let slots = length(first)..length(first + count).min(SHARED_LOCKS);
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        open.release_slots(slots);
        return ffi::SQLITE_OK;
    }
    if let Err(error) = open.is_alive() {
        return code(Err(error));
    }
    let want = if flags & ffi::SQLITE_SHM_EXCLUSIVE == 0 {
        Held::Shared
    } else {
        Held::Exclusive
    };
    granted(open.take_slots(slots, want))
}

unsafe extern "C" fn shared_barrier(_: *mut ffi::sqlite3_file) {}

unsafe extern "C" fn shared_unmap(file: *mut ffi::sqlite3_file, _delete: c_int) -> c_int {
    // SAFETY: an open file. The memory itself stays until the last connection of the mount is closed.
    let open = unsafe { opened(file) };
    open.release_slots(0..SHARED_LOCKS);
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(
    _vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    sync_folder: c_int,
) -> c_int {
    // SAFETY: SQLite's path is a C string.
    let Some((machine, name)) = (unsafe { path_of(path) }) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    match disk_of(&machine) {
        Some(disk) => code(disk.borrow_mut().remove(&name, sync_folder != 0)),
        None => ffi::SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn access(
    _vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    _flags: c_int,
    answer: *mut c_int,
) -> c_int {
    // SAFETY: SQLite's path is a C string, and the place for the answer its own.
    let (path, answer) = unsafe { (path_of(path), &mut *answer) };
    let exists = path.is_some_and(|(machine, name)| {
        disk_of(&machine).is_some_and(|disk| disk.borrow().exists(&name))
    });
    *answer = c_int::from(exists);
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_path(
    _vfs: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    bytes_max: c_int,
    full: *mut c_char,
) -> c_int {
    // SAFETY: SQLite's path is a C string.
    let path = unsafe { CStr::from_ptr(path) }.to_bytes_with_nul();
    if path.len() > length(bytes_max) {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: the target has room for `bytes_max`, and is another piece of memory.
    unsafe { ptr::copy_nonoverlapping(path.as_ptr().cast::<c_char>(), full, path.len()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn random(_: *mut ffi::sqlite3_vfs, bytes: c_int, buffer: *mut c_char) -> c_int {
    // SAFETY: a buffer of so many bytes that is ours for the call.
    let buffer = unsafe { slice::from_raw_parts_mut(buffer.cast::<u8>(), length(bytes)) };
    if !randomness::fill(buffer) {
        buffer.fill(0);
    }
    bytes
}

/// Nobody else runs while somebody waits here, so to wait would be in vain.
unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

/// The product asks its own clock; SQLite's is for functions that it does not use.
unsafe extern "C" fn time(_: *mut ffi::sqlite3_vfs, milliseconds: *mut i64) -> c_int {
    const JULIAN_DAY_OF_2026_MS: i64 = 212_634_244_800_000;
    // SAFETY: SQLite's own place for the answer.
    unsafe { *milliseconds = JULIAN_DAY_OF_2026_MS };
    ffi::SQLITE_OK
}

unsafe extern "C" fn last_error(_: *mut ffi::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shared_map),
    xShmLock: Some(shared_lock),
    xShmBarrier: Some(shared_barrier),
    xShmUnmap: Some(shared_unmap),
    xFetch: None,
    xUnfetch: None,
};

fn register() {
    // SAFETY: all zero is a file system without any function; those that SQLite calls without looking are set below. It
    // is leaked, as SQLite keeps the pointer for ever, and registering is safe from any thread.
    unsafe {
        let mut vfs: ffi::sqlite3_vfs = std::mem::zeroed();
        vfs.iVersion = 2;
        vfs.szOsFile = c_int::try_from(size_of::<Handle>()).expect("a small struct");
        vfs.mxPathname = PATH_BYTES_MAX;
        vfs.zName = VFS_NAME.as_ptr();
        vfs.xOpen = Some(open);
        vfs.xDelete = Some(delete);
        vfs.xAccess = Some(access);
        vfs.xFullPathname = Some(full_path);
        vfs.xRandomness = Some(random);
        vfs.xSleep = Some(sleep);
        vfs.xCurrentTimeInt64 = Some(time);
        vfs.xGetLastError = Some(last_error);
        let registered = ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0);
        assert_eq!(registered, ffi::SQLITE_OK, "SQLite takes the file system");
    }
}
