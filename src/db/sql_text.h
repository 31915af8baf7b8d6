// SPDX-License-Identifier: Apache-2.0
//
// Just enough reading of SQL text to find parameters and the ends of statements.
#ifndef JUCHU_DB_SQL_TEXT_H
#define JUCHU_DB_SQL_TEXT_H

#include "base/str.h"

// Where the quoted text, quoted identifier, dollar-quoted text or comment that begins at `at` ends
// (an unterminated one ends with the text); `at` itself when none begins there.
size_t sql_text_skip(struct str sql, size_t at);
// Highest n of the parameters $n in a statement, 0 if none, -1 beyond `most`.
int sql_text_parameters(struct str sql, int most);
// Takes the first statement off *rest: up to a `;` that ends its line (blanks and a -- comment may
// follow) outside of quotes, or the end of the text. Blanks around it and the `;` are removed, and
// statements of comments only are passed over. False once nothing is left.
bool sql_text_next_statement(struct str *rest, struct str *statement);

#endif
