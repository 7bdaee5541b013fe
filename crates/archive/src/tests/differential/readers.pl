# Unpacks archives as CPAN.pm does: each line has `tar` or `zip`, an archive and a folder.
use strict;
use warnings;
use Archive::Tar;
use Archive::Zip qw(AZ_OK);

$| = 1;
$Archive::Tar::WARN  = 0;
$Archive::Tar::CHOWN = 0;
Archive::Zip::setErrorHandler(sub { });

sub tar {
    my ($archive) = @_;
    my $tar = Archive::Tar->new;
    $tar->read($archive) or return $tar->error || 'cannot be read';
    my @files = $tar->list_files or return 'no files';
    $tar->extract(@files) or return $tar->error || 'cannot be extracted';
    return 'ok';
}

sub zip {
    my ($archive) = @_;
    my $zip = Archive::Zip->new;
    return 'cannot be read' if $zip->read($archive) != AZ_OK;
    for my $member ($zip->members) {
        return 'cannot be extracted' if $zip->extractMember($member) != AZ_OK;
    }
    return 'ok';
}

while (my $line = <STDIN>) {
    chomp $line;
    my ($module, $archive, $folder) = split /\t/, $line;
    chdir $folder or die "$folder: $!";
    my $answer = eval { $module eq 'tar' ? tar($archive) : zip($archive) } // "died: $@";
    $answer =~ s/\n/ /g;
    print "$answer\n";
}
