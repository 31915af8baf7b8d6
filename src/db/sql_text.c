// SPDX-License-Identifier: Apache-2.0
//
// A reader of SQL that knows quotes and comments and nothing else. It never fails: what it doesn't
// understand is passed on, and the engine says what is wrong. Pure functions on borrowed text.
#include "db/sql_text.h"

#include <ctype.h>

static char at_or_nul(struct str sql, size_t at)
{
    return at < sql.n ? sql.p[at] : '\0';
}

static size_t skip_to(struct str sql, size_t from, struct str end)
{
    ptrdiff_t found = str_find(str_slice(sql, from, sql.n), end);
    return found < 0 ? sql.n : from + (size_t)found + end.n;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

// $$ … $$ or $tag$ … $tag$; a tag doesn't begin with a digit, so $1 is none.
static size_t skip_dollar_quote(struct str sql, size_t at)
{
    size_t end = at + 1;
    if (at > 0 && is_word(sql.p[at - 1]))
        return at;
    if (isdigit((unsigned char)at_or_nul(sql, end)))
        return at;
    while (is_word(at_or_nul(sql, end)))
        end++;
    if (at_or_nul(sql, end) != '$')
        return at;
    return skip_to(sql, end + 1, str_slice(sql, at, end + 1));
}

size_t sql_text_skip(struct str sql, size_t at)
{
    char c = at_or_nul(sql, at);
    // A doubled quote inside reads as two quoted texts side by side, which skips the same bytes.
    if (c == '\'')
        return skip_to(sql, at + 1, STR("'"));
    if (c == '"')
        return skip_to(sql, at + 1, STR("\""));
    if (c == '-' && at_or_nul(sql, at + 1) == '-')
        return skip_to(sql, at, STR("\n"));
    if (c == '/' && at_or_nul(sql, at + 1) == '*')
        return skip_to(sql, at + 2, STR("*/"));
    if (c == '$')
        return skip_dollar_quote(sql, at);
    return at;
}

int sql_text_parameters(struct str sql, int most)
{
    int highest = 0;
    for (size_t at = 0; at < sql.n;) {
        size_t end = sql_text_skip(sql, at);
        if (end != at) {
            at = end;
            continue;
        }
        if (sql.p[at++] != '$')
            continue;
        int number = 0;
        while (isdigit((unsigned char)at_or_nul(sql, at)) && number <= most)
            number = number * 10 + (sql.p[at++] - '0');
        if (number > most)
            return -1;
        if (number > highest)
            highest = number;
    }
    return highest;
}

// True when nothing but blanks and a comment stands between `at` and the end of the line.
static bool line_ends(struct str sql, size_t at)
{
    while (at_or_nul(sql, at) == ' ' || at_or_nul(sql, at) == '\t' || at_or_nul(sql, at) == '\r')
        at++;
    return at >= sql.n || sql.p[at] == '\n' || (sql.p[at] == '-' && at_or_nul(sql, at + 1) == '-');
}

static bool is_blank(struct str sql)
{
    for (size_t at = 0; at < sql.n;) {
        bool comment = sql.p[at] == '-' || sql.p[at] == '/';
        size_t end = comment ? sql_text_skip(sql, at) : at;
        if (end == at && !isspace((unsigned char)sql.p[at]))
            return false;
        at = end == at ? at + 1 : end;
    }
    return true;
}

// End of the statement that begins at 0: the place of its `;`, or the end of the text.
static size_t statement_end(struct str sql)
{
    size_t at = 0;
    while (at < sql.n) {
        size_t end = sql_text_skip(sql, at);
        if (end != at)
            at = end;
        else if (sql.p[at] == ';' && line_ends(sql, at + 1))
            return at;
        else
            at++;
    }
    return at;
}

bool sql_text_next_statement(struct str *rest, struct str *statement)
{
    while (rest->n > 0) {
        size_t end = statement_end(*rest);
        struct str taken = str_slice(*rest, 0, end);
        *rest = str_slice(*rest, end + 1, rest->n);
        if (is_blank(taken))
            continue;
        *statement = str_trim(taken);
        return true;
    }
    return false;
}
