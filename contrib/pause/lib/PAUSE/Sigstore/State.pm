package PAUSE::Sigstore::State;
use 5.020;
use strict;
use warnings;

use Fcntl      qw(:flock O_CREAT O_RDWR);
use File::Temp ();
use File::Basename qw(dirname);
use File::Path qw(make_path);

our $VERSION = '0.01';

# The bytes of a small file; undef if it is missing, cannot be read, or is too large.
sub read_file {
    my ($path, $limit) = @_;
    return if !-f $path;
    open my $handle, '<:raw', $path or return;
    my $count = read $handle, my $bytes, $limit + 1;
    close $handle or return;
    return defined $count && $count <= $limit ? $bytes : undef;
}

# Creates a folder, if this user may. Another one may have created it: the web only reads what the daemon writes.
sub make_folder {
    my ($path) = @_;
    make_path($path, { mode => oct 755, error => \my $faults });
    return;
}

# Writes a file whole or not at all.
sub write_file {
    my ($path, $bytes) = @_;
    my $new = File::Temp->new(DIR => dirname($path), TEMPLATE => '.newXXXXXXXX', UNLINK => 1);
    binmode $new;
    (print {$new} $bytes) && close $new or die "cannot write $path: $!\n";
    chmod 0644, $new->filename;
    rename $new->filename, $path or die "cannot write $path: $!\n";
    return;
}

# Runs a function while nobody else does for this path.
sub locked {
    my ($path, $work) = @_;
    sysopen my $handle, "$path.lock", O_CREAT | O_RDWR or die "cannot open $path.lock: $!\n";
    flock $handle, LOCK_EX or die "cannot lock $path: $!\n";
    return $work->();
}

1;
