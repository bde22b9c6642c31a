#include "form.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int hexadecimal(char digit) {
    if (isdigit((unsigned char)digit)) return digit - '0';
    return tolower((unsigned char)digit) - 'a' + 10;
}

static char *decoded(const char *text, size_t length) {
    char *result = malloc(length + 1);
    if (!result) return NULL;
    char *out = result;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '+') {
            *out++ = ' ';
        } else if (text[i] == '%' && i + 2 < length && isxdigit((unsigned char)text[i + 1]) &&
                   isxdigit((unsigned char)text[i + 2])) {
            *out++ = (char)(hexadecimal(text[i + 1]) << 4 | hexadecimal(text[i + 2]));
            i += 2;
        } else {
            *out++ = text[i];
        }
    }
    *out = '\0';
    return result;
}

char *form_value(const char *body, const char *field) {
    size_t field_length = strlen(field);
    for (const char *pair = body; *pair;) {
        size_t length = strcspn(pair, "&");
        if (length > field_length && pair[field_length] == '=' && strncmp(pair, field, field_length) == 0)
            return decoded(pair + field_length + 1, length - field_length - 1);
        pair += length;
        if (*pair == '&') pair++;
    }
    return NULL;
}
