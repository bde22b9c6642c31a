#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// Swift Testing begins all tests at once. Hundreds of them run sandboxes, browsers and compilers, which on few processors wait for
// each other for minutes, and reach time-outs that only a failure is meant to reach. It reads how many tests may run at a time
// from its environment, before any code of the tests in Swift has run: so this is in C. Who sets the variable has the last word.
__attribute__((constructor)) static void limitParallelism(void) {
    char width[24];
    snprintf(width, sizeof width, "%ld", 3 * sysconf(_SC_NPROCESSORS_ONLN));
    setenv("SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH", width, 0);
}
