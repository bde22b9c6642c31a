// A guestbook as a WAGI handler. A GET shows the page, a POST signs it. The page and the first entries are files of the
// bindle, which a handler sees under `/` and cannot change. What guests write is kept in `/data`, which hippo-dev.toml asks
// for, and which outlives revisions and restarts.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "form.h"
#include "html.h"

/// All that there is to read from a stream, with a NUL behind it.
static char *contents(FILE *stream) {
    size_t capacity = 65536, count = 0;
    char *text = malloc(capacity);
    while (text) {
        count += fread(text + count, 1, capacity - count - 1, stream);
        if (count < capacity - 1) break;
        char *grown = realloc(text, capacity *= 2);
        if (!grown) free(text);
        text = grown;
    }
    if (text) text[count] = '\0';
    return text;
}

static char *file_contents(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) return NULL;
    char *text = contents(file);
    fclose(file);
    return text;
}

/// An entry is a line: the name, a tab, and the message.
static void write_entry(char *line) {
    char *message = strchr(line, '\t');
    if (!message) return;
    *message++ = '\0';
    fputs("    <dt>", stdout);
    html_write(line);
    fputs("</dt><dd>", stdout);
    html_write(message);
    fputs("</dd>\n", stdout);
    message[-1] = '\t';
}

/// The entries of the bindle, then those of guests.
static char *all_entries(void) {
    char *first = file_contents("/entries.txt"), *kept = file_contents("/data/entries.txt");
    size_t first_length = first ? strlen(first) : 0, kept_length = kept ? strlen(kept) : 0;
    char *text = malloc(first_length + kept_length + 1);
    if (text) {
        if (first) memcpy(text, first, first_length);
        if (kept) memcpy(text + first_length, kept, kept_length);
        text[first_length + kept_length] = '\0';
    }
    free(first);
    free(kept);
    return text;
}

static void write_entries(int newest_first) {
    char *text = all_entries();
    if (!text) return;
    size_t count = 0;
    for (char *c = text; *c; c++) count += *c == '\n';
    char **lines = malloc((count + 1) * sizeof *lines);
    size_t index = 0;
    for (char *line = strtok(text, "\n"); line && index < count; line = strtok(NULL, "\n")) lines[index++] = line;
    for (size_t i = 0; i < index; i++) write_entry(lines[newest_first ? index - 1 - i : i]);
    free(lines);
    free(text);
}

static void write_page(const char *notice, int newest_first) {
    char *page = file_contents("/page.html");
    if (!page) {
        puts("status: 500 Internal Server Error\ncontent-type: text/plain\n\npage.html is missing from HIPPOFACTS");
        return;
    }
    const char *title = getenv("GUESTBOOK_TITLE");
    puts("content-type: text/html; charset=utf-8\n");
    for (char *rest = page; *rest;) {
        if (strncmp(rest, "{title}", 7) == 0) {
            html_write(title ? title : "Guestbook");
            rest += 7;
        } else if (strncmp(rest, "{notice}", 8) == 0) {
            if (notice) printf("<p class=\"notice\">%s</p>", notice);
            rest += 8;
        } else if (strncmp(rest, "{entries}", 9) == 0) {
            write_entries(newest_first);
            rest += 9;
        } else {
            putchar(*rest++);
        }
    }
    free(page);
}

/// One line of the file must stay one entry.
static void flatten(char *text) {
    for (; *text; text++)
        if (*text == '\n' || *text == '\r' || *text == '\t') *text = ' ';
}

/// Adds an entry; false, with errno, if it cannot be kept.
///
/// Two requests may sign at once. What is written at the end of a file by one call stays together: no lock is needed.
static int keep_entry(const char *name, const char *message) {
    size_t length = strlen(name) + strlen(message) + 2;
    char *line = malloc(length + 1);
    if (!line) return 0;
    snprintf(line, length + 1, "%s\t%s\n", name, message);
    int file = open("/data/entries.txt", O_WRONLY | O_CREAT | O_APPEND, 0666);
    int is_kept = file >= 0 && write(file, line, length) == (ssize_t)length;
    int reason = errno;
    if (file >= 0) close(file);
    free(line);
    errno = reason;
    return is_kept;
}

static void sign(void) {
    char *body = contents(stdin);
    char *name = body ? form_value(body, "name") : NULL;
    char *message = body ? form_value(body, "message") : NULL;
    if (!name || !*name || !message || !*message) {
        puts("status: 400 Bad Request\ncontent-type: text/plain\n\nA name and a message, please.");
        return;
    }
    fprintf(stderr, "%s signs with %zu bytes\n", name, strlen(message));
    flatten(name);
    flatten(message);
    if (keep_entry(name, message)) {
        puts("status: 303 See Other\nlocation: /\n");
        return;
    }
    if (errno == ENOSPC) {
        puts("status: 507 Insufficient Storage");
        write_page("Thank you, but the guestbook is full.", 0);
        return;
    }
    char notice[256];
    snprintf(notice, sizeof notice,
             "Thank you! %zu bytes were read, but not kept (%s): <code>[data]</code> in hippo-dev.toml gives a place.",
             strlen(message), strerror(errno));
    write_page(notice, 0);
}

int main(int argc, char **argv) {
    const char *method = getenv("REQUEST_METHOD");
    if (method && strcmp(method, "POST") == 0) {
        sign();
        return 0;
    }
    int newest_first = 0;
    for (int i = 1; i < argc; i++) newest_first |= strcmp(argv[i], "newest") == 0;
    write_page(NULL, newest_first);
    return 0;
}
