/* Linked with a whole archive, to show that the archive needs nothing but its declared dependencies. */
int main(void)
{
	return 0;
}
