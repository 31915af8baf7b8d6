// SPDX-License-Identifier: Apache-2.0
//
// Writing XML into a buffer. Whatever text is given, the output is well-formed UTF-8: characters
// that XML 1.0 has no place for are dropped, broken bytes become U+FFFD. No state; allocates only
// through the buffer.
#include "base/xml.h"

static bool is_allowed(uint32_t c)
{
    return c >= 0x20 ? c != 0xfffe && c != 0xffff : c == '\t' || c == '\n' || c == '\r';
}

static struct str escape_of(uint32_t c)
{
    switch (c) {
    case '&':
        return STR("&amp;");
    case '<':
        return STR("&lt;");
    case '>':
        return STR("&gt;");
    case '"':
        return STR("&quot;");
    case '\r': // readers turn a bare one into a line feed
        return STR("&#13;");
    default:
        return STR_ABSENT;
    }
}

static void add_characters(struct buf *out, struct str text, bool escaping)
{
    while (text.n) {
        uint32_t c;
        size_t n = str_utf8_decode(text, &c);
        struct str escape = escaping ? escape_of(c) : STR_ABSENT;
        if (n == 1 && c == 0xfffd)
            buf_add(out, STR("\xef\xbf\xbd"));
        else if (escape.p)
            buf_add(out, escape);
        else if (is_allowed(c))
            buf_add(out, str_slice(text, 0, n));
        text = str_slice(text, n, text.n);
    }
}

void xml_add_text(struct buf *out, struct str text)
{
    add_characters(out, text, true);
}

void xml_add_element(struct buf *out, const char *name, struct str text)
{
    if (!text.p) {
        buf_addf(out, "<%s/>", name);
        return;
    }
    buf_addf(out, "<%s>", name);
    xml_add_text(out, text);
    buf_addf(out, "</%s>", name);
}

// Dropped characters may bring a "]]" and a ">" together, so the cleaned text is split.
void xml_add_cdata(struct buf *out, const char *name, struct str text)
{
    struct buf clean = buf_make(3 * text.n + 1);
    add_characters(&clean, text, false);
    struct str rest = buf_str(&clean);
    buf_addf(out, "<%s><![CDATA[", name);
    for (ptrdiff_t at; (at = str_find(rest, STR("]]>"))) >= 0;) {
        buf_add(out, str_slice(rest, 0, (size_t)at + 2));
        buf_add(out, STR("]]><![CDATA["));
        rest = str_slice(rest, (size_t)at + 2, rest.n);
    }
    buf_add(out, rest);
    buf_addf(out, "]]></%s>", name);
    if (clean.failed)
        out->failed = true;
    buf_free(&clean);
}
