/* SPDX-License-Identifier: Apache-2.0 */
#include "request/lookup/verification.h"

#include <apr_strings.h>

#include "base/clock.h"
#include "config/log.h"

APLOG_USE_MODULE(shared_session);

struct shs_verification_t {
    const shs_scope_t *scope;
    const char *header;
    int left; /* how many values may still be verified */

    /* Koa: the plausible signatures of this name. */
    const char *name;
    shs_cookie_split_t split;
    int count;
    shs_octets_t signatures[SHS_VERIFICATION_SIGNATURES];
};

static const shs_id_steps_t *steps_of(const shs_verification_t *verification)
{
    return &verification->scope->settings->cookie_options.value.steps;
}

shs_verification_t *shs_verification_create(const shs_scope_t *scope,
                                            const char *header)
{
    shs_verification_t *verification =
        apr_pcalloc(scope->r->pool, sizeof(*verification));

    verification->scope = scope;
    verification->header = header;
    verification->left = SHS_VERIFICATION_MAX;
    return verification;
}

/* Finds the cookies NAME.sig, once for all values of the name. */
static void find_signatures(shs_verification_t *verification, const char *name,
                            shs_cookie_split_t split)
{
    const char *cursor = verification->header;
    const char *full;
    shs_octets_t value;

    if (verification->name == name && verification->split == split) {
        return;
    }
    full = apr_pstrcat(verification->scope->r->pool, name,
                       SHS_SIGNATURE_KOA_SUFFIX, NULL);
    verification->name = name;
    verification->split = split;
    verification->count = 0;
    while (verification->count < SHS_VERIFICATION_SIGNATURES
           && shs_cookie_next(&value, &cursor, full, split)) {
        if (shs_signature_is_plausible(SHS_SIGN_KOA, value)) {
            verification->signatures[verification->count++] = value;
        }
    }
}

/* Reads the file of the secrets again if it has changed. Returns whether there
 * are secrets other than `used`. */
static int refresh(const shs_verification_t *verification,
                   const shs_secrets_t *used)
{
    const request_rec *r = verification->scope->r;
    const shs_secret_file_t *file = steps_of(verification)->secrets;
    const char *reason = NULL;

    switch (shs_secret_file_refresh(steps_of(verification)->secrets, used,
                                    shs_clock_now(), &reason, r->pool)) {
    case SHS_SECRET_SAME:
        break;
    case SHS_SECRET_CHANGED:
        return 1;
    case SHS_SECRET_READ:
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      SHS_TAG_SECRETS "secret-file %s has changed, and was read"
                                      " again",
                      shs_secret_file_path(file));
        return 1;
    case SHS_SECRET_UNREADABLE:
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      SHS_TAG_SECRETS "%s; the secrets that were read before"
                                      " stay in use",
                      reason);
        break;
    }
    return 0;
}

/* Verifies with the secrets that there are, and again if there are others. */
static int verify(const shs_verification_t *verification, shs_octets_t text,
                  const shs_octets_t *signatures, int count)
{
    const shs_id_steps_t *steps = steps_of(verification);
    const shs_secrets_t *secrets = shs_secret_file_secrets(steps->secrets);

    if (shs_signature_verify(steps->sign, secrets, text, signatures, count)) {
        return 1;
    }
    return refresh(verification, secrets)
           && shs_signature_verify(steps->sign,
                                   shs_secret_file_secrets(steps->secrets),
                                   text, signatures, count);
}

/* What koa signs: the name and the value, which is of a header and so has no
 * NUL. */
static shs_octets_t join(const char *name, shs_octets_t value, apr_pool_t *p)
{
    return shs_octets_of(apr_pstrcat(
        p, name, "=", apr_pstrmemdup(p, value.data, value.len), NULL));
}

const char *shs_verification_check(shs_verification_t *verification,
                                   const shs_id_proof_t *proof,
                                   const char *name, shs_cookie_split_t split)
{
    const shs_octets_t *signatures = &proof->signature;
    shs_octets_t text = proof->text;
    int count = 1;

    if (verification->left == 0) {
        return "too many values have a wrong signature: the others are not"
               " verified";
    }
    if (steps_of(verification)->sign == SHS_SIGN_KOA) {
        if (name) {
            find_signatures(verification, name, split);
        }
        if (!name || verification->count == 0) {
            return "the value has no signature: the request lacks the cookie"
                   " with " SHS_SIGNATURE_KOA_SUFFIX " behind the name";
        }
        signatures = verification->signatures;
        count = verification->count;
        text = join(name, text, verification->scope->r->pool);
    }
    --verification->left;
    return verify(verification, text, signatures, count)
               ? NULL
               : "the value's signature is wrong";
}
