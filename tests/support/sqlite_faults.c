// SPDX-License-Identifier: Apache-2.0
//
// A shim between SQLite and its unix VFS. Each file of ours is followed in memory by the real one.
#include "support/sqlite_faults.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>

struct shim_file {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_vfs shim, *original;
static _Atomic uint64_t made, fail_at;
static _Atomic bool fail_persistently;
static atomic_int fail_code;

uint64_t sqlite_faults_at(uint64_t n, bool persistent, int code)
{
    atomic_store(&fail_at, 0);
    uint64_t count = atomic_exchange(&made, 0);
    atomic_store(&fail_persistently, persistent);
    atomic_store(&fail_code, code);
    atomic_store(&fail_at, n);
    return count;
}

static int fault(void)
{
    uint64_t n = atomic_fetch_add(&made, 1) + 1, at = atomic_load(&fail_at);
    if (at == 0 || n < at || (n > at && !atomic_load(&fail_persistently)))
        return SQLITE_OK;
    return atomic_load(&fail_code);
}

static sqlite3_file *real(sqlite3_file *file)
{
    return ((struct shim_file *)file)->real;
}

static int shim_close(sqlite3_file *f)
{
    return real(f)->pMethods->xClose(real(f));
}

static int shim_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    return real(f)->pMethods->xRead(real(f), to, n, at);
}

static int shim_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    int failed = fault();
    // Half of it arrives: a torn write.
    if (failed && n > 1)
        (void)real(f)->pMethods->xWrite(real(f), from, n / 2, at);
    return failed ? failed : real(f)->pMethods->xWrite(real(f), from, n, at);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int failed = fault();
    return failed ? failed : real(f)->pMethods->xTruncate(real(f), size);
}

static int shim_sync(sqlite3_file *f, int flags)
{
    int failed = fault();
    return failed ? failed : real(f)->pMethods->xSync(real(f), flags);
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real(f)->pMethods->xFileSize(real(f), size);
}

static int shim_lock(sqlite3_file *f, int level)
{
    return real(f)->pMethods->xLock(real(f), level);
}
static int shim_unlock(sqlite3_file *f, int level)
{
    return real(f)->pMethods->xUnlock(real(f), level);
}

static int shim_reserved(sqlite3_file *f, int *result)
{
    return real(f)->pMethods->xCheckReservedLock(real(f), result);
}

static int shim_control(sqlite3_file *f, int operation, void *argument)
{
    return real(f)->pMethods->xFileControl(real(f), operation, argument);
}

static int shim_sector(sqlite3_file *f)
{
    return real(f)->pMethods->xSectorSize(real(f));
}
static int shim_device(sqlite3_file *f)
{
    return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **memory)
{
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, memory);
}

static int shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}

static void shim_shm_barrier(sqlite3_file *f)
{
    real(f)->pMethods->xShmBarrier(real(f));
}

static int shim_shm_unmap(sqlite3_file *f, int remove)
{
    return real(f)->pMethods->xShmUnmap(real(f), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_device,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct shim_file *f = (struct shim_file *)file;
    f->real = (sqlite3_file *)(f + 1);
    int code = original->xOpen(original, name, f->real, flags, out);
    f->base.pMethods = f->real->pMethods ? &methods : NULL;
    return code;
}

void sqlite_faults_install(void)
{
    original = sqlite3_vfs_find(NULL);
    if (!original)
        abort();
    shim = *original;
    shim.zName = "faults";
    shim.pNext = NULL;
    shim.szOsFile = (int)sizeof(struct shim_file) + original->szOsFile;
    shim.xOpen = shim_open;
    if (sqlite3_vfs_register(&shim, 1) != SQLITE_OK)
        abort();
}

static sqlite3_mem_methods allocator;
static _Atomic uint64_t allocated, allocation_fails_at;
static _Atomic bool allocation_fails_persistently;

uint64_t sqlite_faults_memory_at(uint64_t n, bool persistent)
{
    atomic_store(&allocation_fails_at, 0);
    uint64_t count = atomic_exchange(&allocated, 0);
    atomic_store(&allocation_fails_persistently, persistent);
    atomic_store(&allocation_fails_at, n);
    return count;
}

static bool no_memory(void)
{
    uint64_t n = atomic_fetch_add(&allocated, 1) + 1, at = atomic_load(&allocation_fails_at);
    return at && (n == at || (n > at && atomic_load(&allocation_fails_persistently)));
}

static void *counted_alloc(int size)
{
    return no_memory() ? NULL : allocator.xMalloc(size);
}

static void *counted_resize(void *old, int size)
{
    return no_memory() ? NULL : allocator.xRealloc(old, size);
}

void sqlite_faults_install_memory(void)
{
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &allocator) != SQLITE_OK)
        abort();
    sqlite3_mem_methods counted = allocator;
    counted.xMalloc = counted_alloc;
    counted.xRealloc = counted_resize;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &counted) != SQLITE_OK)
        abort();
}
