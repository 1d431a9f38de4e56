/* Starts the program of the wheel with the C library that travels with it: bin/coglet, and the copy of it in cog/_bin.
 *
 * Static, so that it runs in any image. Finds the wheel's private files from where it lies itself, then replaces itself
 * by `<loader> --argv0 NAME --library-path ... <program> --home HOME arguments...`. The environment gets no private
 * path; LD_PRELOAD, made for the image's own C library, becomes COG_LD_PRELOAD until the server gives it to workers. */
#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if !defined(COG_VERSION) || !defined(COG_LOADER)
#error "script/wheel defines both"
#endif

static char* text(const char* format, ...) {
  char* result = NULL;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&result, format, arguments) < 0)
    abort();
  va_end(arguments);
  return result;
}

static int exists(const char* path) {
  return access(path, F_OK) == 0;
}

/* The wheel's files in a folder of packages, if it holds this very version: several Pythons may share one bin. */
static char* home_in(const char* packages) {
  char* home = text("%s/cog/_bin", packages);
  char* info = text("%s/cog_cpp-" COG_VERSION ".dist-info", packages);
  if (exists(home) && exists(info))
    return home;
  return NULL;
}

/* Looks through PREFIX/lib/python3.x; sets `python` to the interpreter in `bin` that the packages belong to, if any. */
static char* home_below(const char* library, const char* bin, char** python) {
  static const char* const folders[] = {"site-packages", "dist-packages"};
  DIR* pythons = opendir(library);
  struct dirent* entry;
  while (pythons && (entry = readdir(pythons))) {
    if (strncmp(entry->d_name, "python3", 7) != 0)
      continue;
    for (int i = 0; i < 2; ++i) {
      char* home = home_in(text("%s/%s/%s", library, entry->d_name, folders[i]));
      if (home) {
        *python = text("%s/%s", bin, entry->d_name);
        return home;
      }
    }
  }
  return NULL;
}

static char* find_home(const char* bin, const char* name, char** python) {
  if (exists(text("%s/programs/%s", bin, name)))
    return text("%s", bin);
  char* home = NULL;
  if ((home = home_below(text("%s/../lib", bin), bin, python)))
    return home;
  if ((home = home_below(text("%s/../lib64", bin), bin, python)))
    return home;
  return home_in(text("%s/..", bin)); /* pip install --target */
}

int main(int argc, char** argv) {
  char self[PATH_MAX] = {0};
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) {
    perror("/proc/self/exe");
    return 1;
  }
  const char* name = basename(strdup(self));
  const char* bin = dirname(strdup(self));
  char* python = NULL;
  char* found = find_home(bin, name, &python);
  char* home = found ? realpath(found, NULL) : NULL;
  if (!home) {
    fprintf(stderr, "%s: the files of cog-cpp %s are not beside %s; install it again\n", name, COG_VERSION, self);
    return 1;
  }
  if (python && access(python, X_OK) == 0)
    setenv("COG_PYTHON", python, 0);
  const char* preload = getenv("LD_PRELOAD");
  if (preload) {
    setenv("COG_LD_PRELOAD", preload, 1);
    unsetenv("LD_PRELOAD");
  }
  const char* path = getenv("LD_LIBRARY_PATH");
  char* loader = text("%s/lib/" COG_LOADER, home);
  char* head[] = {loader,
                  "--argv0",
                  (char*)name,
                  "--library-path",
                  text("%s/lib%s%s:/usr/local/nvidia/lib64", home, path && *path ? ":" : "", path ? path : ""),
                  text("%s/programs/%s", home, name),
                  "--home",
                  home};
  const size_t head_length = sizeof head / sizeof *head;
  char** all = calloc(head_length + (size_t)argc, sizeof *all);
  if (!all)
    abort();
  memcpy(all, head, sizeof head);
  if (argc > 1)
    memcpy(all + head_length, argv + 1, ((size_t)argc - 1) * sizeof *all);
  execv(loader, all);
  perror(loader);
  return 1;
}
