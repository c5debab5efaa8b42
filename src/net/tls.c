/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls_error.h"

struct shs_tls_context_t {
    SSL_CTX *ssl;
    const char *name; /* NULL: the host that was dialled */
    int is_unverified;
};

struct shs_tls_t {
    SSL *ssl;
    shs_tls_error_t failure;
    const char *close_reason; /* why the server closed it; NULL: not known */
};

static apr_status_t free_context(void *data)
{
    SSL_CTX_free(data);
    return APR_SUCCESS;
}

/* The server must not ask a terminal for a key's passphrase. */
static int refuse_passphrase(char *buffer, int size, int is_writing, void *data)
{
    (void)buffer;
    (void)size;
    (void)is_writing;
    (void)data;
    return 0;
}

static const char *describe_openssl(apr_pool_t *p)
{
    char text[200];

    ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
    ERR_clear_error();
    return apr_pstrdup(p, text);
}

static const char *load_ca(SSL_CTX *ssl, const char *ca, apr_pool_t *p)
{
    apr_finfo_t info;
    int is_directory;

    if (!ca) {
        return SSL_CTX_set_default_verify_paths(ssl)
                   ? NULL
                   : "the system's trusted certificates cannot be read; name"
                     " a file with ca=";
    }
    is_directory = apr_stat(&info, ca, APR_FINFO_TYPE, p) == APR_SUCCESS
                   && info.filetype == APR_DIR;
    if (!SSL_CTX_load_verify_locations(ssl, is_directory ? NULL : ca,
                                       is_directory ? ca : NULL)) {
        return apr_psprintf(p,
                            "ca=%s holds no certificates that can be read:"
                            " %s",
                            ca, describe_openssl(p));
    }
    return NULL;
}

static const char *load_own(SSL_CTX *ssl, const shs_tls_options_t *options,
                            apr_pool_t *p)
{
    if (!options->cert && !options->key) {
        return NULL;
    }
    if (!options->cert || !options->key) {
        return "cert= and key= go together";
    }
    if (SSL_CTX_use_certificate_chain_file(ssl, options->cert) != 1) {
        return apr_psprintf(p,
                            "cert=%s holds no certificate that can be read:"
                            " %s",
                            options->cert, describe_openssl(p));
    }
    if (SSL_CTX_use_PrivateKey_file(ssl, options->key, SSL_FILETYPE_PEM) == 1) {
        return NULL;
    }
    if (ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509) {
        ERR_clear_error();
        return apr_psprintf(p, "key=%s is not the key of cert=%s", options->key,
                            options->cert);
    }
    return apr_psprintf(p,
                        "key=%s holds no key that can be read (it must not be"
                        " encrypted): %s",
                        options->key, describe_openssl(p));
}

/* OpenSSL's callback for each certificate of the chain. Keeps the error. */
static int on_certificate(int is_fine, X509_STORE_CTX *store)
{
    const SSL *ssl =
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    shs_tls_t *tls = SSL_get_app_data(ssl);
    X509 *own = X509_STORE_CTX_get0_cert(store);

    if (!is_fine) {
        tls->failure.error = X509_STORE_CTX_get_error(store);
        tls->failure.depth = X509_STORE_CTX_get_error_depth(store);
        tls->failure.lacks_names =
            X509_get_ext_by_NID(own, NID_subject_alt_name, -1) < 0;
    }
    return is_fine;
}

static int is_address(const char *name)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);

    ASN1_OCTET_STRING_free(address);
    ERR_clear_error();
    return address != NULL;
}

const char *shs_tls_context_create(shs_tls_context_t **out,
                                   const shs_tls_options_t *options,
                                   apr_pool_t *p)
{
    shs_tls_context_t *context = apr_pcalloc(p, sizeof(*context));
    const char *error;

    context->ssl = SSL_CTX_new(TLS_client_method());
    if (!context->ssl) {
        return apr_psprintf(p, "OpenSSL does not start: %s",
                            describe_openssl(p));
    }
    apr_pool_cleanup_register(p, context->ssl, free_context,
                              apr_pool_cleanup_null);
    SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
    SSL_CTX_set_mode(context->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE
                                       | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_default_passwd_cb(context->ssl, refuse_passphrase);
    SSL_CTX_set_verify(context->ssl,
                       options->is_unverified ? SSL_VERIFY_NONE
                                              : SSL_VERIFY_PEER,
                       options->is_unverified ? NULL : on_certificate);
    error =
        options->is_unverified ? NULL : load_ca(context->ssl, options->ca, p);
    if (!error) {
        error = load_own(context->ssl, options, p);
    }
    context->name = options->name;
    context->is_unverified = options->is_unverified;
    *out = context;
    return error;
}

/* The common name is not matched (RFC 9525 section 2). A host name is also sent
 * to the server as SNI (RFC 6066 section 3), an address is not. */
static int set_name(SSL *ssl, const char *name, int is_unverified)
{
    if (is_address(name)) {
        return is_unverified
               || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name);
    }
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return SSL_set_tlsext_host_name(ssl, name)
           && (is_unverified || SSL_set1_host(ssl, name));
}

shs_tls_t *shs_tls_create(const shs_tls_context_t *context, const char *host,
                          int fd)
{
    shs_tls_t *tls = calloc(1, sizeof(*tls));

    if (!tls) {
        return NULL;
    }
    tls->ssl = SSL_new(context->ssl);
    if (!tls->ssl || !SSL_set_fd(tls->ssl, fd)
        || !set_name(tls->ssl, context->name ? context->name : host,
                     context->is_unverified)) {
        shs_tls_destroy(tls);
        return NULL;
    }
    SSL_set_app_data(tls->ssl, tls);
    SSL_set_connect_state(tls->ssl);
    return tls;
}

/* Neither sends nor awaits close_notify: the caller closes the socket, often
 * because of an error. */
void shs_tls_destroy(shs_tls_t *tls)
{
    SSL_free(tls->ssl);
    free(tls);
}

/* What an SSL call that returned `result` waits for; 0: it failed. */
static short find_events(shs_tls_t *tls, int result)
{
    unsigned long error = ERR_peek_last_error();

    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return POLLIN;
    case SSL_ERROR_WANT_WRITE:
        return POLLOUT;
    default:
        tls->close_reason = shs_tls_error_describe_server(error);
        ERR_clear_error();
        return 0;
    }
}

static const char *describe_failure(const shs_tls_t *tls)
{
    return tls->failure.error != X509_V_OK
               ? shs_tls_error_describe_chain(&tls->failure)
           : tls->close_reason
               ? tls->close_reason
               : "the TLS handshake failed: does it speak TLS, and"
                 " does it take our certificate?";
}

int shs_tls_handshake(shs_tls_t *tls, short *events, const char **reason)
{
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(tls->ssl);
    if (result == 1) {
        return 1;
    }
    *events = find_events(tls, result);
    if (*events) {
        return 0;
    }
    *reason = describe_failure(tls);
    return -1;
}

static int clip(size_t len)
{
    return len > INT_MAX ? INT_MAX : (int)len;
}

ssize_t shs_tls_send(shs_tls_t *tls, const char *data, size_t len,
                     short *events)
{
    int sent;

    ERR_clear_error();
    sent = SSL_write(tls->ssl, data, clip(len));
    if (sent > 0) {
        return sent;
    }
    *events = find_events(tls, sent);
    return *events ? 0 : -1;
}

ssize_t shs_tls_receive(shs_tls_t *tls, char *data, size_t len, short *events)
{
    int got;

    ERR_clear_error();
    got = SSL_read(tls->ssl, data, clip(len));
    if (got > 0) {
        return got;
    }
    *events = find_events(tls, got);
    return *events ? 0 : -1;
}

int shs_tls_has_pending(const shs_tls_t *tls)
{
    return SSL_has_pending(tls->ssl);
}

int shs_tls_has_received(const shs_tls_t *tls)
{
    return BIO_number_read(SSL_get_rbio(tls->ssl)) > 0;
}

const char *shs_tls_close_reason(const shs_tls_t *tls)
{
    return tls->close_reason;
}
