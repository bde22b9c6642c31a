// Shows what a WAGI handler is given: its arguments and its environment.

#include <stdio.h>

extern char **environ;

int main(int argc, char **argv) {
    puts("content-type: text/plain; charset=utf-8\n");
    for (int i = 0; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
    for (char **variable = environ; *variable; variable++) puts(*variable);
    return 0;
}
