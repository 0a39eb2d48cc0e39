/*
** The locks of guarded files belong to this copy of SQLite in this process, as SQLite takes for granted, and to nobody
** else: no other copy of SQLite in the process can cancel them by closing the file, and no forked child has them.
**
** SQLite calls the system through a table that may be changed (sqlite3_vfs.xSetSystemCall). Of files that were not
** named to posa_guard_file, the functions here change nothing.
**
** lock     F_SETLK and F_GETLK become their open file description forms, on one descriptor for each file. It is opened
**          for this alone, so that SQLite may take a lock on one of its descriptors and give it back on another.
** fork     SQLite's own mutexes are taken around it, so that the child finds none held by a thread that it has not.
**          The child's copies of descriptors are replaced by dead ones, and of the shared memory it gets none. Its
**          files have another device number from then on, for SQLite would else take them for those of the parent.
*/
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <stdio.h>
#include <unistd.h>
#include "sqlite3.h"

/* glibc shows them with _GNU_SOURCE; bionic and old headers do not. */
#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#endif
#ifndef O_PATH
#define O_PATH 010000000
#endif

struct opened {
  int fd;
  /* Its place among the names. */
  int name;
  int writable;
  dev_t dev;
  ino_t ino;
};

/* One descriptor that has all locks of a file. */
struct lock {
  int fd;
  dev_t dev;
  ino_t ino;
};

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static char **names;
static int name_count;
static struct opened *files;
static int file_count, file_room;
static struct lock *locks;
static int lock_count, lock_room;
/* Descriptors of others that no child shall have. */
static int *kept;
static int kept_count, kept_room;

static dev_t generation;
static pid_t known_pid;

static int (*next_open)(const char *, int, int);
static int (*next_close)(int);
static int (*next_stat)(const char *, struct stat *);
static int (*next_fstat)(int, struct stat *);
static int (*next_fcntl)(int, int, ...);
static void *(*next_mmap)(void *, size_t, int, int, int, off_t);

static void *room_for_one_more(void *rows, int count, int *room, size_t size) {
  if (count < *room) return rows;
  int more = *room ? *room * 2 : 16;
  void *grown = realloc(rows, more * size);
  if (grown) *room = more;
  return grown;
}

/* The place of the name that the path belongs to; -1 if it belongs to none. */
static int name_of(const char *path) {
  for (int i = 0; i < name_count; i++) {
    size_t length = strlen(names[i]);
    if (strncmp(path, names[i], length)) continue;
    const char *rest = path + length;
    if (!*rest || !strcmp(rest, "-wal") || !strcmp(rest, "-shm") || !strcmp(rest, "-journal")) return i;
  }
  return -1;
}

static struct opened *find(int fd) {
  for (int i = 0; i < file_count; i++)
    if (files[i].fd == fd) return &files[i];
  return 0;
}

static int guarded_open(const char *path, int flags, int mode) {
  int fd = next_open(path, flags, mode);
  if (fd < 0) return fd;
  pthread_mutex_lock(&table);
  struct stat about;
  int name = name_of(path);
  if (name >= 0 && !fstat(fd, &about)) {
    struct opened *grown = room_for_one_more(files, file_count, &file_room, sizeof *files);
    if (grown) {
      files = grown;
      int writable = (flags & O_ACCMODE) != O_RDONLY;
      files[file_count++] = (struct opened){fd, name, writable, about.st_dev, about.st_ino};
    } else {
      next_close(fd);
      fd = -1;
      errno = ENOMEM;
    }
  }
  pthread_mutex_unlock(&table);
  return fd;
}

static int guarded_close(int fd) {
  pthread_mutex_lock(&table);
  struct opened *file = find(fd);
  if (file) {
    struct opened gone = *file;
    *file = files[--file_count];
    int others = 0;
    for (int i = 0; i < file_count; i++) others |= files[i].dev == gone.dev && files[i].ino == gone.ino;
    for (int i = 0; !others && i < lock_count; i++) {
      if (locks[i].dev != gone.dev || locks[i].ino != gone.ino) continue;
      close(locks[i].fd);
      locks[i] = locks[--lock_count];
      break;
    }
  }
  /* Closed inside, so that nobody gets the number before it is forgotten. */
  int closed = next_close(fd);
  pthread_mutex_unlock(&table);
  return closed;
}

/* The descriptor that has the file's locks; -1 where none can be had. */
static int lock_of(const struct opened *file) {
  for (int i = 0; i < lock_count; i++)
    if (locks[i].dev == file->dev && locks[i].ino == file->ino) return locks[i].fd;
  struct lock *grown = room_for_one_more(locks, lock_count, &lock_room, sizeof *locks);
  if (!grown) return errno = ENOLCK, -1;
  locks = grown;
  char self[32];
  snprintf(self, sizeof self, "/proc/self/fd/%d", file->fd);
  int fd = open(self, O_RDWR | O_CLOEXEC);
  if (fd < 0) fd = open(self, O_RDONLY | O_CLOEXEC);
  /* Without /proc, its own opening serves: all that ask for locks then have to have opened it alike. */
  if (fd < 0) fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) return errno = ENOLCK, -1;
  locks[lock_count++] = (struct lock){fd, file->dev, file->ino};
  return fd;
}

static int guarded_fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  if (command != F_SETLK && command != F_GETLK) return next_fcntl(fd, command, argument);
  pthread_mutex_lock(&table);
  struct opened *file = find(fd);
  int done = -1, ours = file != 0;
  if (ours) {
    struct flock *asked = argument;
    int with = lock_of(file);
    if (command == F_SETLK && asked->l_type == F_WRLCK && !file->writable) {
      errno = EBADF;
    } else if (with >= 0) {
      asked->l_pid = 0;
      done = fcntl(with, command == F_SETLK ? F_OFD_SETLK : F_OFD_GETLK, asked);
    }
  }
  pthread_mutex_unlock(&table);
  return ours ? done : next_fcntl(fd, command, argument);
}

static void *guarded_mmap(void *at, size_t length, int prot, int flags, int fd, off_t offset) {
  void *mapped = next_mmap(at, length, prot, flags, fd, offset);
  if (mapped == MAP_FAILED) return mapped;
  pthread_mutex_lock(&table);
  int ours = find(fd) != 0;
  pthread_mutex_unlock(&table);
  /* A mapping keeps the opening, and so would the child's. */
  if (ours) madvise(mapped, length, MADV_DONTFORK);
  return mapped;
}

static int guarded_fstat(int fd, struct stat *about) {
  int done = next_fstat(fd, about);
  pthread_mutex_lock(&table);
  if (!done && find(fd)) about->st_dev ^= generation;
  pthread_mutex_unlock(&table);
  return done;
}

static int guarded_stat(const char *path, struct stat *about) {
  int done = next_stat(path, about);
  pthread_mutex_lock(&table);
  if (!done && name_of(path) >= 0) about->st_dev ^= generation;
  pthread_mutex_unlock(&table);
  return done;
}

/* In an order in which SQLite itself never holds a later one while it waits for an earlier one. */
static const int statics[] = {
    SQLITE_MUTEX_STATIC_OPEN, SQLITE_MUTEX_STATIC_PRNG, SQLITE_MUTEX_STATIC_APP1, SQLITE_MUTEX_STATIC_APP2,
    SQLITE_MUTEX_STATIC_APP3, SQLITE_MUTEX_STATIC_VFS1, SQLITE_MUTEX_STATIC_VFS2, SQLITE_MUTEX_STATIC_VFS3,
    SQLITE_MUTEX_STATIC_MAIN, SQLITE_MUTEX_STATIC_LRU,  SQLITE_MUTEX_STATIC_PMEM, SQLITE_MUTEX_STATIC_MEM,
};
static const int static_count = sizeof statics / sizeof *statics;

static void before_fork(void) {
  for (int i = 0; i < static_count; i++) sqlite3_mutex_enter(sqlite3_mutex_alloc(statics[i]));
  pthread_mutex_lock(&table);
}

static void after_fork(void) {
  pthread_mutex_unlock(&table);
  for (int i = static_count; i-- > 0;) sqlite3_mutex_leave(sqlite3_mutex_alloc(statics[i]));
}

/* The number stays taken, so that whoever still has it cannot write into a file that gets it later. */
static void bury(int fd, int grave) {
  if (grave < 0 || dup3(grave, fd, O_CLOEXEC) < 0) close(fd);
}

static void in_the_child(void) {
  int grave = open("/", O_PATH | O_CLOEXEC);
  for (int i = 0; i < file_count; i++) bury(files[i].fd, grave);
  for (int i = 0; i < kept_count; i++) bury(kept[i], grave);
  for (int i = 0; i < lock_count; i++) close(locks[i].fd);
  if (grave >= 0) close(grave);
  file_count = kept_count = lock_count = 0;
  generation += (dev_t)1 << (sizeof(dev_t) * 8 - 16);
  known_pid = getpid();
  after_fork();
}

/* 0: in force. Otherwise this SQLite is not as expected, and nothing was changed. */
static int install(void) {
  if (sqlite3_initialize()) return 1;
  sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
  if (!vfs || vfs->iVersion < 3) return 1;
  known_pid = getpid();
  if (pthread_atfork(before_fork, after_fork, in_the_child)) return 1;
#define REPLACE(name)                                                        \
  do {                                                                       \
    *(sqlite3_syscall_ptr *)&next_##name = vfs->xGetSystemCall(vfs, #name);  \
    if (!next_##name) return 1;                                              \
  } while (0)
  REPLACE(open);
  REPLACE(close);
  REPLACE(stat);
  REPLACE(fstat);
  REPLACE(fcntl);
  REPLACE(mmap);
#undef REPLACE
  return vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)guarded_open) ||
         vfs->xSetSystemCall(vfs, "close", (sqlite3_syscall_ptr)guarded_close) ||
         vfs->xSetSystemCall(vfs, "stat", (sqlite3_syscall_ptr)guarded_stat) ||
         vfs->xSetSystemCall(vfs, "fstat", (sqlite3_syscall_ptr)guarded_fstat) ||
         vfs->xSetSystemCall(vfs, "fcntl", (sqlite3_syscall_ptr)guarded_fcntl) ||
         vfs->xSetSystemCall(vfs, "mmap", (sqlite3_syscall_ptr)guarded_mmap);
}

static int installed = 1;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void install_once(void) { installed = install(); }

/*
** Guards the file of that full path, without links, and what SQLite puts beside it. 0: it is guarded. 1: this system or
** this file has no open file description locks. 2: this process was made by other means than fork(3).
*/
int posa_guard_file(const char *path) {
  pthread_once(&once, install_once);
  if (installed) return 1;
  if (known_pid != getpid()) return 2;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 1;
  struct flock any = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
  int unsupported = fcntl(fd, F_OFD_GETLK, &any);
  pthread_mutex_lock(&table);
  /* Where this very copy of SQLite has it open unguarded, as under another name, that lock is not to be dropped here. */
  int known = name_of(path) >= 0;
  if (!unsupported && !known) {
    char **grown = realloc(names, (name_count + 1) * sizeof *names);
    if (grown) {
      names = grown;
      names[name_count] = strdup(path);
      known = names[name_count] != 0;
      name_count += known;
    }
  }
  pthread_mutex_unlock(&table);
  close(fd);
  return unsupported || !known;
}

/* Whether every file that is open under this name still has a name at all. */
int posa_guard_linked(const char *path) {
  int linked = 1;
  struct stat about;
  pthread_mutex_lock(&table);
  int name = name_of(path);
  for (int i = 0; i < file_count; i++)
    if (files[i].name == name && (fstat(files[i].fd, &about) || !about.st_nlink)) linked = 0;
  pthread_mutex_unlock(&table);
  return linked;
}

/* From here on no thread of this process forks, until it is released. */
void posa_guard_hold(void) {
  pthread_once(&once, install_once);
  pthread_mutex_lock(&table);
}

void posa_guard_release(void) { pthread_mutex_unlock(&table); }

/* No forked child has this descriptor, which was opened while forks are held. 0: so it is. */
int posa_guard_keep(int fd) {
  int *grown = room_for_one_more(kept, kept_count, &kept_room, sizeof *kept);
  if (grown) {
    kept = grown;
    kept[kept_count++] = fd;
  }
  return !grown;
}

/* The first bytes of a file as memory that is written back by itself; null where that cannot be. */
void *posa_guard_map(int fd, size_t length) {
  void *mapped = mmap(0, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) return 0;
  madvise(mapped, length, MADV_DONTFORK);
  return mapped;
}

void posa_guard_unmap(void *mapped, size_t length) { munmap(mapped, length); }

/* The descriptor is about to be closed. */
void posa_guard_forget(int fd) {
  pthread_mutex_lock(&table);
  for (int i = 0; i < kept_count; i++)
    if (kept[i] == fd) {
      kept[i] = kept[--kept_count];
      break;
    }
  pthread_mutex_unlock(&table);
}
