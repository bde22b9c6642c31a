#pragma once

/// The value of a field in an application/x-www-form-urlencoded body, decoded; NULL where there is no such field. The
/// caller frees it.
char *form_value(const char *body, const char *field);
