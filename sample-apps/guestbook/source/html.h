#pragma once

/// Writes text to standard output with the characters that mean something in HTML escaped.
void html_write(const char *text);
