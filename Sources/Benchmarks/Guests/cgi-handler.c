// A handler that uses what CGI gives it: all of the environment and the arguments, a body, and 1 KB of answer.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

int main(int argc, char **argv) {
    char body[4096];
    size_t length = fread(body, 1, sizeof body, stdin);
    size_t variables = 0, bytes = 0;
    for (char **variable = environ; *variable; variable++, variables++) bytes += strlen(*variable);
    for (int i = 0; i < argc; i++) bytes += strlen(argv[i]);
    printf("content-type: text/plain\n\n%s %s: %zu variables, %d arguments, %zu bytes, a body of %zu\n",
           getenv("REQUEST_METHOD"), getenv("PATH_INFO"), variables, argc, bytes, length);
    fwrite(body, 1, length, stdout);
    return 0;
}
