# STEAL_SWITCH(NAME, WHAT, IF-YES)
# --enable-NAME, off by default.
AC_DEFUN([STEAL_SWITCH], [
    AC_ARG_ENABLE([$1], [AS_HELP_STRING([--enable-$1], [$2])],
        [], [enable_$1=no])
    AS_IF([test "$enable_$1" = yes], [$3])
])

# STEAL_SANITIZE(OPTION)
# Frame pointers make the reports readable.
AC_DEFUN([STEAL_SANITIZE], [
    STEAL_CFLAGS="$STEAL_CFLAGS -fsanitize=$1 -fno-omit-frame-pointer"
    STEAL_LDFLAGS="$STEAL_LDFLAGS -fsanitize=$1"
])

# STEAL_LD_VERSION_SCRIPT(FILE)
# Defines the conditional HAVE_VERSION_SCRIPT.
AC_DEFUN([STEAL_LD_VERSION_SCRIPT], [
    AC_CACHE_CHECK([whether the linker takes a version script],
        [steal_cv_version_script], [
        steal_save_LDFLAGS=$LDFLAGS
        LDFLAGS="$LDFLAGS -Wl,--version-script=$srcdir/$1"
        AC_LINK_IFELSE([AC_LANG_PROGRAM],
            [steal_cv_version_script=yes], [steal_cv_version_script=no])
        LDFLAGS=$steal_save_LDFLAGS
    ])
    AM_CONDITIONAL([HAVE_VERSION_SCRIPT],
        [test "$steal_cv_version_script" = yes])
])
